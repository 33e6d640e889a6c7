//! The door: the command line around the engine.
//!
//! Verbs live in [`verbs`], one file each and one line in its list. [`settings`] reads the home folder's settings with
//! their provenance; [`report`] is what a person sees when something is wrong; [`output`] prints tables, CSV, JSON and
//! summaries; [`progress`] shows how far a stage is.

pub mod agent;
pub mod backup;
pub mod certificate;
pub mod cli;
pub mod configuration;
pub mod context;
mod custom;
pub mod doctor;
pub mod exporting;
pub mod expressions;
mod fulfil;
pub mod home;
pub mod jobs;
mod keys;
mod logging;
mod names;
pub mod output;
mod planning;
pub mod progress;
pub mod remote;
pub mod report;
pub mod repository;
pub mod road;
mod schemas;
pub mod sealing;
pub mod settings;
mod snippet;
pub mod telemetry;
pub mod terminal;
pub mod verbs;

pub use cli::run;
