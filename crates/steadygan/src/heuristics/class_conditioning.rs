//! Both networks are conditioned on classes.
//!
//! The pieces: [`ClassEmbedding`](crate::nn::ClassEmbedding), [`ClassScale`](crate::nn::ClassScale),
//! [`ClassHead`](crate::nn::ClassHead), [`class`](crate::class).
//!
//! # When it helps
//!
//! Wherever there are classes: the generator can make images of a requested class, and the networks do not have to
//! learn the classes themselves. In one library's comparison a projection lowered the FID of the same residual network
//! on CIFAR-10 from 16.8 to 10.8 (mimicry). An auxiliary classifier (`auxiliary`) rewards images that are easy to
//! classify, and loses variety with many classes. It is trained on reals alone, as in Keras' example `mnist_acgan`. The
//! paper's classifier was trained on fakes too: in a run here it then recognised the class of a fake by artefacts, and
//! the fakes did not look like their classes. A plane is the oldest form.
//!
//! On the embedded images with the base `hacks` and a projection, one seed each: with an embedding, every class was
//! recognisable in the fakes after 60,000 images, with little variety within a class. With scales and shifts no class
//! was recognisable by then, but most classes were after 140,000 images, with much more variety.

use super::{Card, Conflict, Evidence, Heuristic, Topic};
use crate::error::Result;
use crate::plan::{Conditioning, Plan};
use serde::{Deserialize, Serialize};

/// The card.
pub static CARD: Card = Card {
    name: "class-conditioning",
    topic: Topic::Inputs,
    claim: "Networks that get the class of each image have less to learn, and can make images of a requested class.",
    without: "Both networks are unconditional.",
    formula: "generator: z becomes [z, e(y)] (\"embedding\"), or γ_y · x + β_y after each normalisation \
              (\"batch-norm\"); discriminator: e(y) as one more channel (\"plane\"), D(x) + ⟨e(y), f(x)⟩ \
              (\"projection\"), or weight · cross-entropy of a classifier on its features, on reals in its own \
              loss and on fakes in the generator's (\"auxiliary\")",
    default: "generator = \"embedding\" of 50 values, discriminator = \"projection\"; fakes have each class as \
              often as the data (draw = \"data\"; or \"uniform\")",
    source: "Mirza and Osindero 2014; Odena, Olah and Shlens 2017 (AC-GAN); Miyato and Koyama 2018; ganhacks tips 12 \
             and 16",
    evidence: Evidence::Strong,
    conflicts: &[
        Conflict { with: "pac", why: "a pack has images of several classes", instead: "" },
        Conflict { with: "virtual-batch-norm", why: "its reference batch has no classes", instead: "" },
    ],
};

/// The settings.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClassConditioning(pub Conditioning);

impl Heuristic for ClassConditioning {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn plan(&self, plan: &mut Plan) -> Result<()> {
        plan.model.conditioning = Some(self.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{checkpoint, plan_of, resumed, trained};
    use crate::plan::Plan;

    fn planned(settings: &str) -> Plan {
        plan_of(&format!("base = 'dcgan'\n[heuristics]\nclass-conditioning = {settings}")).expect("a plan")
    }

    const FORMS: [&str; 4] = [
        "{ discriminator = 'plane' }",
        "{ discriminator = 'projection', generator = 'batch-norm', draw = 'uniform' }",
        "{ discriminator = 'auxiliary' }",
        "{ discriminator = 'auxiliary', weight = 0.0 }",
    ];

    /// Every form trains and resumes to the bit, also with old fakes (`replay`) and swapped images (`noisy-labels`).
    #[test]
    fn every_form_trains_and_resumes() {
        for settings in FORMS {
            let with = "replay = { images = 8 }\nnoisy-labels = { by = 'image', probability = 0.3 }";
            let text = format!("base = 'dcgan'\n[heuristics]\n{with}\nclass-conditioning = {settings}");
            let plan = plan_of(&text).expect("a plan");
            let straight = checkpoint(&plan, trained(&plan, 32));
            assert_eq!(checkpoint(&plan, resumed(&plan, 16, 32)), straight, "{settings}");
        }
    }

    /// An untrained classifier's loss on reals of two classes is ln 2. The discriminator's loss has no classifier's
    /// loss on fakes.
    #[test]
    fn the_classifier_s_loss_is_part_of_the_discriminator_s() {
        let penalty = |settings: &str| trained(&planned(settings), 8).tally.take_means().penalty;
        let class_loss = penalty(FORMS[2]);
        assert!((class_loss / 2f64.ln() - 1.0).abs() < 0.1, "{class_loss}");
        assert_eq!((penalty(FORMS[3]), penalty(FORMS[0])), (0.0, 0.0));
    }

    #[test]
    fn data_without_classes_and_impossible_settings_are_refused() {
        use crate::data::DataFacts;
        use crate::decide::decide;
        let mut recipe = crate::heuristics::recipe();
        recipe.lay_text("[heuristics]\nclass-conditioning = true", "test").expect("a recipe");
        let error = decide(&recipe, DataFacts { channels: 1, classes: Vec::new() }).expect_err("no classes");
        assert!(error.to_string().contains("classes") && error.hint().contains("folder"), "{error}");
        let refused = |text: &str, key: &str| {
            let error = plan_of(text).expect_err("no plan").to_string();
            assert!(error.contains(key), "{error}");
        };
        refused("base = 'plain'\n[heuristics]\nclass-conditioning = { generator = 'batch-norm' }", "generator");
        refused("[heuristics]\nclass-conditioning = { embedding = 0 }", "embedding");
        refused("[heuristics]\nclass-conditioning = { weight = -1.0 }", "weight");
    }

    /// A plan from a file is refused if its classes are missing, have no images, or do not match the networks' scales.
    #[test]
    fn a_plan_whose_classes_do_not_fit_is_refused() {
        for settings in FORMS {
            let plan = planned(settings);
            assert!(plan.check().is_ok());
            let mut none = plan.clone();
            none.model.classes.clear();
            assert!(none.check().is_err(), "{settings}");
            let mut without_images = plan.clone();
            without_images.model.classes.iter_mut().for_each(|class| class.images = 0);
            assert!(without_images.check().is_err(), "{settings}");
            let mut scaled = plan.clone();
            scaled.model.generator.class_scales += 1;
            assert!(scaled.check().is_err(), "{settings}");
        }
    }

    /// Class names, of which there may be a thousand, are in the plan only if `class-conditioning` is on.
    #[test]
    fn classes_are_in_the_plan_of_conditional_networks_only() {
        assert_eq!(plan_of("base = 'plain'").expect("a plan").model.classes, []);
        let plan = planned("true");
        assert_eq!((plan.model.classes.len(), plan.model.classes_in_columns()), (2, vec![0, 1]));
    }
}
