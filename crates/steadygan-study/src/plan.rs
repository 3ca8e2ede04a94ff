//! Makes a study's plan: its rows, and the effects that these can show.

use super::asked::{DistanceKind, StudyRecipe};
use super::contrast::{Contrast, Term};
use super::design::{Design, Row};
use super::distribution::Together;
use super::factor::Factor;
use super::record::{ControlRecord, Scale, StudyPlan};
use steadygan::Result;

/// What a study compares: the base recipe, its factors, and the distance that is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    /// The base recipe as TOML.
    pub recipe: String,
    /// The factors.
    pub factors: Vec<Factor>,
    /// The distance whose logarithm is the response.
    pub distance: DistanceKind,
    /// The largest and the smallest distance that a run can score.
    pub scale: Scale,
}

/// How much a study runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Extent {
    /// The seeds; each row is run with each of them.
    pub seeds: Vec<u64>,
    /// Real images that a run is trained on.
    pub images: u64,
    /// Recipe keys that every run has.
    pub every_run: toml::Table,
}

impl StudyPlan {
    /// Decides the plan of a study. It has no stages of a search and no expected noise yet.
    ///
    /// # Errors
    ///
    /// The design does not take these factors.
    pub fn decide(asked: &StudyRecipe, basis: Basis, extent: Extent) -> Result<Self> {
        let Basis { recipe, factors, distance, scale } = basis;
        let Extent { seeds, images, every_run } = extent;
        let design = asked.design;
        let mut rows = design.rows(&factors)?;
        let designed = rows.len();
        let all_on: Row = factors.iter().map(|factor| factor.on).collect();
        if !asked.controls.is_empty() && !rows.contains(&all_on) {
            rows.push(all_on.clone());
        }
        let against = rows.iter().position(|row| *row == all_on).unwrap_or(0);
        let first = rows.len();
        let controls = asked.controls.iter().enumerate().map(|(number, (name, control))| ControlRecord {
            name: name.clone(),
            of: control.of.clone(),
            set: control.set.clone(),
            row: first + number,
            against,
        });
        let controls: Vec<ControlRecord> = controls.collect();
        rows.extend(controls.iter().map(|_| all_on.clone()));
        Ok(Self {
            design,
            estimates: design.estimates().into(),
            aliases: design.aliases_in_words(&factors, &rows[..designed]),
            recipe,
            every_run,
            factors,
            rows,
            designed,
            controls,
            rungs: Vec::new(),
            seeds,
            images,
            distance,
            scale,
            settings: asked.settings(),
            noise: None,
            detectable: None,
        })
    }

    /// The level of each factor at the all-on corner, at the all-off corner, and in the base recipe.
    pub fn corners(&self) -> [Row; 3] {
        let of = |level: fn(&Factor) -> usize| self.factors.iter().map(level).collect();
        [of(|factor| factor.on), of(|factor| factor.off), of(|factor| factor.base)]
    }

    /// Whether its numbers fit each other. Those of a file that another program wrote may not.
    pub(super) fn is_sound(&self) -> bool {
        let row_fits = |row: &Row| {
            row.len() == self.factors.len()
                && row.iter().zip(&self.factors).all(|(level, factor)| *level < factor.levels.len())
        };
        let factor_fits =
            |factor: &Factor| [factor.off, factor.on, factor.base].iter().all(|level| *level < factor.levels.len());
        let control_fits = |control: &ControlRecord| control.row.max(control.against) < self.rows.len();
        self.designed <= self.rows.len()
            && !self.seeds.is_empty()
            && self.rows.iter().all(row_fits)
            && self.factors.iter().all(factor_fits)
            && self.controls.iter().all(control_fits)
    }

    /// The effects whose intervals hold at once: each comparison of each factor, each dependent factor where the factor
    /// that it acts through is on, and each control. Effects that the rows cannot show are left out.
    pub fn terms(&self) -> Vec<(Term, Contrast)> {
        let mut terms = Vec::new();
        for (number, factor) in self.factors.iter().enumerate() {
            for (level, against) in factor.comparisons() {
                terms.push(Term::Main { factor: number, level, against });
                let through = factor.only_through.iter().filter_map(|name| self.factor(name));
                let given = through.map(|through| Term::Given { factor: number, level, against, through });
                // In a one-at-a-time design the other factor has the same level in both rows, so there is only one
                // effect.
                terms.extend(given.filter(|_| !self.design.is_one_at_a_time()));
            }
        }
        let controls = self.controls.iter().enumerate();
        let controls = controls.map(|(number, control)| {
            (Term::Control { control: number }, Contrast::between(control.row, control.against))
        });
        let seen: Vec<_> = terms.into_iter().filter_map(|term| Some((term.clone(), self.contrast(&term)?))).collect();
        seen.into_iter().chain(controls).collect()
    }

    /// The interactions of pairs of switches, if the design can show them. A full factorial shows each one separately;
    /// in a fold-over they are mixed with each other.
    pub fn pairs(&self) -> Vec<(Term, Contrast)> {
        if !matches!(self.design, Design::Full | Design::FoldOver) {
            return Vec::new();
        }
        let count = self.factors.len();
        let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| [a, b]));
        let levels = |pair: [usize; 2], level: fn(&Factor) -> usize| pair.map(|number| level(&self.factors[number]));
        pairs
            .filter(|pair| pair.iter().all(|number| self.factors[*number].is_switch()))
            .map(|pair| {
                let [levels, against] = [levels(pair, |factor| factor.on), levels(pair, |factor| factor.off)];
                Term::Interaction { pair, levels, against }
            })
            .filter_map(|term| Some((term.clone(), self.contrast(&term)?)))
            .collect()
    }

    fn contrast(&self, term: &Term) -> Option<Contrast> {
        Contrast::of_term(self.design, &self.rows[..self.designed], &self.factors, term)
    }

    /// How the estimates of effects depend on each other: [`Together::WithOne`] if each is a difference from the
    /// corner's row (row 0 of a one-at-a-time design).
    pub fn together(&self) -> Together {
        let with_corner = |contrast: &Contrast| contrast.weights().iter().any(|(row, _)| *row == 0);
        match self.design.is_one_at_a_time() && self.terms().iter().all(|(_, contrast)| with_corner(contrast)) {
            true => Together::WithOne,
            false => Together::Anyhow,
        }
    }

    /// The number of the factor with this name.
    pub fn factor(&self, name: &str) -> Option<usize> {
        self.factors.iter().position(|factor| factor.name == name)
    }

    /// A term in words.
    pub fn describe(&self, term: &Term) -> String {
        let name = |number: usize| self.factors[number].name.as_str();
        let main = |number: usize, level, against| {
            let factor = &self.factors[number];
            match (level, against) == (factor.on, factor.off) {
                true => factor.name.clone(),
                false => format!("{} {} instead of {}", factor.name, factor.level(level), factor.level(against)),
            }
        };
        match *term {
            Term::Main { factor, level, against } => main(factor, level, against),
            Term::Given { factor, level, against, through } => {
                format!("{} with {}", main(factor, level, against), name(through))
            }
            Term::Interaction { pair: [a, b], .. } => format!("{} × {}", name(a), name(b)),
            Term::Control { control } => self.controls[control].name.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asked::AskedControl;
    use crate::factor::testing::{switches, values};

    fn decided(design: Design, factors: Vec<Factor>) -> StudyPlan {
        let control = AskedControl { of: vec!["a".into()], set: toml::Table::from_iter([("seed".into(), 1.into())]) };
        let controls = [("fixed labels".to_owned(), control)].into();
        let asked = StudyRecipe { design, controls, ..StudyRecipe::default() };
        let scale = Scale { untrained: 1.0, floor: 0.1 };
        let basis = Basis { recipe: String::new(), factors, distance: DistanceKind::Kernel, scale };
        let extent = Extent { seeds: vec![0, 1], images: 1000, every_run: toml::Table::new() };
        StudyPlan::decide(&asked, basis, extent).unwrap()
    }

    /// A fold-over and a leave-one-out design contain the all-on corner; to a Plackett–Burman and an add-one-in design
    /// its row is added.
    #[test]
    fn a_control_is_compared_with_the_all_on_corner() {
        for (design, rows, against) in [
            (Design::FoldOver, 25, 23),
            (Design::PlackettBurman, 14, 12),
            (Design::LeaveOneOut, 13, 0),
            (Design::AddOneIn, 14, 12),
        ] {
            let plan = decided(design, switches(11));
            assert_eq!((plan.rows.len(), plan.controls[0].row, plan.controls[0].against), (rows, rows - 1, against));
            assert_eq!((&plan.rows[against], &plan.rows[rows - 1]), (&vec![1; 11], &vec![1; 11]));
            let terms = plan.terms();
            let (term, contrast) = terms.last().unwrap();
            assert_eq!(*contrast, Contrast::between(rows - 1, against));
            assert_eq!((plan.describe(term).as_str(), terms.len()), ("fixed labels", 12));
            assert!(plan.is_sound());
        }
    }

    #[test]
    fn terms_in_words() {
        let mut factors = switches(2);
        factors[1].only_through = vec!["a".into()];
        factors.push(values("adam.lr", 2));
        let plan = decided(Design::Full, factors);
        let words =
            |terms: Vec<(Term, Contrast)>| terms.iter().map(|(term, _)| plan.describe(term)).collect::<Vec<_>>();
        assert_eq!(words(plan.terms()), ["a", "b", "b with a", "adam.lr 1 instead of 0", "fixed labels"]);
        assert_eq!(words(plan.pairs()), ["a × b"]);
    }

    #[test]
    fn one_at_a_time_effects_share_the_corner_unless_a_control_does_not() {
        assert_eq!(decided(Design::LeaveOneOut, switches(3)).together(), Together::WithOne);
        assert_eq!(decided(Design::AddOneIn, switches(3)).together(), Together::Anyhow);
        assert_eq!(decided(Design::FoldOver, switches(3)).together(), Together::Anyhow);
    }
}
