//! The file with a description.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Description, MOST, yaml};
use crate::{
    document::{Node, Span},
    json,
    problem::{Problem, Severity, position},
};

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    text: Arc<str>,
    root: Node,
}

impl Source {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Box<Problem>> {
        let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        if length > MOST as u64 {
            let problem = format!("is longer than {MOST} bytes");
            return Err(Problem::with_file(path, problem, "describe less in one document").into());
        }
        let text = std::fs::read_to_string(path).map_err(|error| {
            let remedy = "name a readable file with an OpenAPI document in JSON or YAML";
            Box::new(Problem::with_file(path, format!("cannot be read ({error})"), remedy))
        })?;
        Self::parse(path, text.into())
    }

    /// Reads a text as if it were this file. Whatever begins with a brace is JSON; so is every `.json`.
    pub fn parse(path: &Path, text: Arc<str>) -> Result<Self, Box<Problem>> {
        let is_named_json = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        let (language, parsed) = if is_named_json || text.trim_start().starts_with('{') {
            let (root, mistakes) = json::parse(&text);
            ("JSON", mistakes.into_iter().next().map_or(Ok(root), Err))
        } else {
            ("YAML", yaml::parse(&text))
        };
        match parsed {
            Ok(root) => Ok(Self {
                path: path.to_owned(),
                text,
                root,
            }),
            Err((problem, span)) => {
                let remedy = format!("correct the {language} here");
                Err(Problem::at((path, &text, &span), Severity::Error, problem, remedy).into())
            }
        }
    }

    /// What it describes, below an API's identifier with this path.
    pub fn describe(&self, base: &str) -> Description {
        Description::of(&self.root, base)
    }

    /// What is wrong in the description.
    pub fn problems(&self, description: &Description) -> Vec<Problem> {
        let mistakes = description.mistakes.iter();
        mistakes
            .map(|mistake| {
                let at = (self.path.as_path(), &self.text, &mistake.span);
                Problem::at(at, Severity::Error, mistake.problem.clone(), mistake.remedy.to_owned())
            })
            .collect()
    }

    /// A place as people write it: `bank.openapi.yaml:42`.
    pub fn place(&self, span: &Span) -> String {
        let (line, _) = position(&self.text, span.start);
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        format!("{}:{line}", name.to_string_lossy())
    }
}
