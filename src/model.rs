//! What a model is: everything that scoring needs, and the record of its training.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::artifact::{self, ArtifactError, GoldenRow};
use crate::calibration::Calibrator;
use crate::card::Card;
use crate::error::Error;
use crate::explain::{Concepts, Ways};
use crate::features::{Cell, FeaturePlan};
use crate::models::Classifier;
use crate::schema::Schema;
use crate::scoring::Grades;

/// A trained model: feature plan, classifier, calibrator, grades, reasons and card.
///
/// It is `Send` and `Sync` and never changes; services share one behind an `Arc`.
#[derive(Clone)]
pub struct Model {
    content: Content,
    version: Arc<str>,
    /// The rest is made of the content.
    concepts: Concepts,
    ways: Ways,
    grades: Vec<Arc<str>>,
    nothing_known: Vec<f64>,
}

/// Models are equal when their content is.
impl PartialEq for Model {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version && self.content == other.content
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("version", &self.version)
            .field("algorithm", &self.content.classifier.name())
            .field("features", &self.content.plan.features().len())
            .finish_non_exhaustive()
    }
}

/// What a model file holds of a model. Its serialized bytes are what the version is the hash of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) schema: Schema,
    pub(crate) plan: FeaturePlan,
    pub(crate) classifier: Classifier,
    pub(crate) calibrator: Calibrator,
    pub(crate) grades: Grades,
    pub(crate) card: Card,
    pub(crate) golden: Vec<GoldenRow>,
}

/// What a training puts together to a model.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ModelParts {
    /// What the columns of the sources mean.
    pub schema: Schema,
    /// From leads and events to features.
    pub plan: FeaturePlan,
    /// From features to log-odds.
    pub classifier: Classifier,
    /// From log-odds to log-odds that mean what they say.
    pub calibrator: Calibrator,
    /// What a probability means among all leads.
    pub grades: Grades,
    /// The record of the training.
    pub card: Card,
}

impl ModelParts {
    /// The parts of a model.
    #[must_use]
    pub fn new(schema: Schema, plan: FeaturePlan, classifier: Classifier, calibrator: Calibrator, grades: Grades, card: Card) -> Self {
        Self { schema, plan, classifier, calibrator, grades, card }
    }
}

impl Model {
    /// Puts a model together: checks that the parts fit each other, scores synthetic rows so that every later reading can be verified, and names the
    /// model by the hash of its content.
    ///
    /// # Errors
    /// [`ArtifactError::Malformed`] when the parts do not fit each other, for example a classifier of other features than the plan's.
    pub fn assemble(parts: ModelParts) -> Result<Self, Error> {
        let ModelParts { schema, plan, classifier, calibrator, grades, card } = parts;
        let content = Content { schema, plan, classifier, calibrator, grades, card, golden: Vec::new() };
        let mut model = Self::from_content(content, "").map_err(|message| ArtifactError::Malformed { message })?;
        model.content.golden = artifact::golden_rows(&model)?;
        model.version = artifact::content_hash(&model.content)?.into();
        Ok(model)
    }

    /// A model of checked content.
    pub(crate) fn from_content(content: Content, version: &str) -> Result<Self, String> {
        content.validate()?;
        let concepts = Concepts::of(content.plan.features());
        let ways = Ways::new(&content.classifier);
        let grades = content.grades.names().map(Arc::from).collect();
        let missing = |i| content.plan.prepare(i, Cell::Missing).unwrap_or(f64::NAN);
        let nothing_known = (0..content.plan.attributes().len()).map(missing).collect();
        Ok(Self { content, version: version.into(), concepts, ways, grades, nothing_known })
    }

    /// What the columns of the sources mean.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.content.schema
    }

    /// From leads and events to features.
    #[must_use]
    pub fn plan(&self) -> &FeaturePlan {
        &self.content.plan
    }

    /// From features to log-odds.
    #[must_use]
    pub fn classifier(&self) -> &Classifier {
        &self.content.classifier
    }

    /// From log-odds to log-odds that mean what they say.
    #[must_use]
    pub fn calibrator(&self) -> &Calibrator {
        &self.content.calibrator
    }

    /// What a probability means among all leads.
    #[must_use]
    pub fn grades(&self) -> &Grades {
        &self.content.grades
    }

    /// The record of the training.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.content.card
    }

    /// Per concept, how much it moves the log-odds (mean absolute contribution in training), greatest first.
    #[must_use]
    pub fn importance(&self) -> &[(String, f64)] {
        &self.content.card.importance
    }

    /// The calibrated log-odds of the lead with feature vector `row`, whose values are those of [`FeaturePlan::features`].
    #[must_use]
    pub fn log_odds(&self, row: &[f32]) -> f64 {
        self.content.calibrator.apply(self.content.classifier.log_odds(row))
    }

    /// The calibrated log-odds of many leads, to the bit those of [`log_odds`](Self::log_odds) and, of trees, in a fraction of its time: one for
    /// each place of `out`. Feature vector `i` begins at `i * width` of `rows`; what it lacks counts as missing.
    pub fn log_odds_batch(&self, rows: &[f32], width: usize, out: &mut [f64]) {
        self.content.classifier.log_odds_batch(rows, width, out);
        out.iter_mut().for_each(|log_odds| *log_odds = self.content.calibrator.apply(*log_odds));
    }

    /// The hash of the model's content: 16 hexadecimal digits.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Scores the synthetic rows of the model again and compares each with what it was when the model was made, to the bit.
    ///
    /// # Errors
    /// [`ArtifactError::GoldenMismatch`] names the first row that differs; [`ArtifactError::Malformed`] a row that cannot be scored, or that
    /// there is no row.
    pub fn verify(&self) -> Result<(), ArtifactError> {
        artifact::verify(self)
    }

    #[cfg(feature = "fit")]
    /// The same model with one more note on its card and, when there is a champion to inherit from, its grade cut-offs, so that a grade goes
    /// on meaning the same probability.
    pub(crate) fn promoted(self, note: String, champion: Option<&Self>) -> Result<Self, Error> {
        let Content { schema, plan, classifier, calibrator, mut grades, mut card, .. } = self.content;
        card.notes.push(note);
        if let Some(champion) = champion {
            grades = grades.inheriting(&champion.content.grades);
        }
        Self::assemble(ModelParts { schema, plan, classifier, calibrator, grades, card })
    }

    pub(crate) fn content(&self) -> &Content {
        &self.content
    }

    pub(crate) fn concepts(&self) -> &Concepts {
        &self.concepts
    }

    pub(crate) fn ways(&self) -> &Ways {
        &self.ways
    }

    /// The prepared attributes of a lead that misses all of them: an address that is missing is known not to be there.
    pub(crate) fn nothing_known(&self) -> &[f64] {
        &self.nothing_known
    }

    pub(crate) fn version_handle(&self) -> Arc<str> {
        Arc::clone(&self.version)
    }

    /// The names of the grades, best first.
    pub(crate) fn grade_names(&self) -> &[Arc<str>] {
        &self.grades
    }

    /// The name of the grade of code `code`; empty when there is none.
    pub(crate) fn grade_name(&self, code: u8) -> Arc<str> {
        self.grades.get(usize::from(code)).cloned().unwrap_or_default()
    }

    /// The attributes that it reads and learned as known at each snapshot, from their history. Those of which no feature was left are of no concern.
    #[cfg(feature = "frame")]
    pub(crate) fn reads_from_history(&self) -> Vec<String> {
        let read: Vec<&str> = self.plan().columns().collect();
        self.card().known_from_history.iter().filter(|name| read.contains(&name.as_str())).cloned().collect()
    }

    /// What the sources call the moment of creation.
    pub(crate) fn created_at_column(&self) -> &str {
        self.content.schema.created_at.as_deref().unwrap_or("created_at")
    }
}

impl Content {
    /// Checks that every part is sound and that they fit each other, so that scoring cannot go out of bounds, loop or panic.
    fn validate(&self) -> Result<(), String> {
        self.plan.validate().map_err(|what| format!("the feature plan: {what}"))?;
        self.classifier.validate(self.plan.features()).map_err(|what| format!("the {} classifier: {what}", self.classifier.name()))?;
        self.calibrator.validate().map_err(|what| format!("the calibrator: {what}"))?;
        self.grades.validate().map_err(|what| format!("the grades: {what}"))
    }
}
