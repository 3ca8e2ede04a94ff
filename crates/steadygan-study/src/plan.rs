//! A study's plan: its rows, and the effects that these can show.

use super::asked::{DistanceKind, StudyRecipe};
use super::contrast::{Contrast, Term};
use super::design::{Design, Row, SearchStage};
use super::distribution::Dependence;
use super::factor::Factor;
use super::noise::Noise;
use super::settings::VerdictSettings;
use serde::{Deserialize, Serialize};
use steadygan::Result;

/// What a study will run, and which effects that can show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyPlan {
    /// How rows were chosen.
    pub design: Design,
    /// What the design's effects mean, in words.
    pub estimates: String,
    /// Which interactions of pairs each effect is mixed with, in words.
    pub aliases: String,
    /// The base recipe as TOML.
    pub recipe: String,
    /// Further recipe keys of every run: its length, when it is measured, and on how many fakes.
    pub every_run: toml::Table,
    /// The factors.
    pub factors: Vec<Factor>,
    /// The rows, each with a level of each factor: first the design's rows, then the all-on corner if a control needs
    /// it and the design does not have it, then one row for each control.
    pub rows: Vec<Row>,
    /// How many of the rows are the design's.
    pub designed: usize,
    /// The controls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<ControlRecord>,
    /// The stages, if the design is a search.
    #[serde(rename = "rungs", default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<SearchStage>,
    /// The seeds; each row is run with each of them.
    pub seeds: Vec<u64>,
    /// Real images that a run is trained on.
    pub images: u64,
    /// The distance whose logarithm is the response.
    pub distance: DistanceKind,
    /// The largest and the smallest distance that a run can score.
    #[serde(rename = "scale")]
    pub distance_range: DistanceRange,
    /// The settings that verdicts depend on.
    pub settings: VerdictSettings,
    /// The noise that was expected before the first run, from an earlier study of other data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
    /// The smallest effect on the logarithm of the distance that is found with probability 0.8 if the noise is as
    /// expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detectable: Option<f64>,
}

/// The two distances between which scores lie: a measured distance outside is moved to the nearer one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DistanceRange {
    /// The distance between an untrained generator's fakes and reals, which is also the score of a failed run.
    pub untrained: f64,
    /// The smallest distance that can be told from zero on as many samples: the standard deviation of the distance
    /// between two sets of reals (for points its root mean square).
    pub floor: f64,
}

/// A variant of the all-on corner, such as fixed labels in place of random ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ControlRecord {
    /// The control's name.
    pub name: String,
    /// The factors that it is a control of.
    pub of: Vec<String>,
    /// The recipe keys in which it differs from the all-on corner.
    pub set: toml::Table,
    /// The number of its row.
    pub row: usize,
    /// The number of the all-on corner's row.
    pub against: usize,
}

/// What a plan is decided from, besides the study's file.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanBasis {
    /// The base recipe as TOML.
    pub recipe: String,
    /// The factors.
    pub factors: Vec<Factor>,
    /// The distance whose logarithm is the response.
    pub distance: DistanceKind,
    /// The largest and the smallest distance that a run can score.
    pub distance_range: DistanceRange,
    /// The seeds; each row is run with each of them.
    pub seeds: Vec<u64>,
    /// Real images that a run is trained on.
    pub images: u64,
    /// Further recipe keys of every run.
    pub every_run: toml::Table,
}

impl StudyPlan {
    /// Decides the plan of a study. It has no stages of a search and no expected noise yet.
    ///
    /// # Errors
    ///
    /// The design does not take these factors.
    pub fn decide(asked: &StudyRecipe, basis: PlanBasis) -> Result<Self> {
        let PlanBasis { recipe, factors, distance, distance_range, seeds, images, every_run } = basis;
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
            stages: Vec::new(),
            seeds,
            images,
            distance,
            distance_range,
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
        // A recipe holds no larger seed.
        let seed_fits = |seed: &u64| i64::try_from(*seed).is_ok();
        self.designed <= self.rows.len()
            && !self.seeds.is_empty()
            && self.seeds.iter().all(seed_fits)
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

    /// How the estimates of effects depend on each other: [`Dependence::CommonReference`] if each is a difference from
    /// the corner's row (row 0 of a one-at-a-time design).
    pub fn dependence(&self) -> Dependence {
        let with_corner = |contrast: &Contrast| contrast.weights().iter().any(|(row, _)| *row == 0);
        match self.design.is_one_at_a_time() && self.terms().iter().all(|(_, contrast)| with_corner(contrast)) {
            true => Dependence::CommonReference,
            false => Dependence::Unknown,
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

    fn plan_of(design: Design, factors: Vec<Factor>) -> StudyPlan {
        let control = AskedControl { of: vec!["a".into()], set: toml::Table::from_iter([("seed".into(), 1.into())]) };
        let controls = [("fixed labels".to_owned(), control)].into();
        let asked = StudyRecipe { design, controls, ..StudyRecipe::default() };
        let basis = PlanBasis {
            recipe: String::new(),
            factors,
            distance: DistanceKind::Kernel,
            distance_range: DistanceRange { untrained: 1.0, floor: 0.1 },
            seeds: vec![0, 1],
            images: 1000,
            every_run: toml::Table::new(),
        };
        StudyPlan::decide(&asked, basis).unwrap()
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
            let plan = plan_of(design, switches(11));
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
        let plan = plan_of(Design::Full, factors);
        let words =
            |terms: Vec<(Term, Contrast)>| terms.iter().map(|(term, _)| plan.describe(term)).collect::<Vec<_>>();
        assert_eq!(words(plan.terms()), ["a", "b", "b with a", "adam.lr 1 instead of 0", "fixed labels"]);
        assert_eq!(words(plan.pairs()), ["a × b"]);
    }

    #[test]
    fn one_at_a_time_effects_share_the_corner_unless_a_control_does_not() {
        assert_eq!(plan_of(Design::LeaveOneOut, switches(3)).dependence(), Dependence::CommonReference);
        assert_eq!(plan_of(Design::AddOneIn, switches(3)).dependence(), Dependence::Unknown);
        assert_eq!(plan_of(Design::FoldOver, switches(3)).dependence(), Dependence::Unknown);
    }
}
