// The charts of stats.jsonl and the names of curves. Both values are JSON, because src/catalogue.rs reads them, too.

// The keys of stats.jsonl that share a chart. A key that is not listed here gets its own chart. `more` charts show the
// quantities from which findings are derived, on request; `svg` charts are in curves.svg, too.
export const CHARTS = [
  { "title": "Losses", "keys": ["loss_d", "loss_g"], "svg": true },
  { "title": "Logits", "keys": ["logit_real", "logit_fake"], "svg": true },
  { "title": "Diversity", "keys": ["diversity"], "svg": true },
  { "title": "Gradient norms", "keys": ["grad_norm_d", "grad_norm_g"], "log": true, "svg": true },
  { "title": "Penalty", "keys": ["penalty"], "mayBeZero": true },
  { "title": "Speed", "keys": ["images_per_s"] },
  { "title": "Energy distance", "keys": ["distance"], "more": true },
  { "title": "Logits on fixed images", "keys": ["logit_train", "logit_holdout", "logit_fixed", "logit_spread"], "more": true },
  { "title": "Last step's effect on logits", "keys": ["push", "pull"], "more": true },
  { "title": "Range of values", "keys": ["real_low", "fake_low", "real_high", "fake_high"], "more": true },
  { "title": "Saturated values", "keys": ["saturated_real", "saturated_fake"], "more": true },
  { "title": "Roughness", "keys": ["rough_real", "rough_fake"], "more": true },
  { "title": "Checkerboard", "keys": ["alternating_real", "alternating_fake"], "more": true },
  { "title": "Range of bytes", "keys": ["level_low", "level_high"], "more": true },
  { "title": "Constant images", "keys": ["constant"], "more": true },
  { "title": "Diversity without average", "keys": ["diversity_now"], "more": true },
  { "title": "Distance to the nearest training image", "keys": ["nearest"], "more": true },
  { "title": "Size of the last step", "keys": ["update_d", "update_g"], "log": true, "more": true },
  { "title": "Units that do not vary", "keys": ["dead_d", "dead_g"], "more": true },
  { "title": "Distance from an affine map", "keys": ["bend_d", "bend_g"], "more": true }
];

// The names under which keys of stats.jsonl and metrics.jsonl are shown.
export const NAMES = {
  "loss_d": "discriminator", "loss_g": "generator",
  "logit_real": "on reals", "logit_fake": "on fakes",
  "grad_norm_d": "discriminator", "grad_norm_g": "generator",
  "diversity": "diversity", "penalty": "penalty", "images_per_s": "images a second",
  "logit_train": "trained on", "logit_holdout": "held out", "logit_fixed": "fakes", "logit_spread": "spread",
  "saturated_real": "reals", "saturated_fake": "fakes", "rough_real": "reals", "rough_fake": "fakes", "alternating_real": "reals", "alternating_fake": "fakes",
  "update_d": "discriminator", "update_g": "generator", "dead_d": "discriminator", "dead_g": "generator", "bend_d": "discriminator", "bend_g": "generator",
  "push": "generator's", "pull": "discriminator's", "distance": "energy distance",
  "modes": "modes found", "of": "modes that there are", "high_quality": "share of high quality", "reverse_kl": "reverse KL"
};
