//! The operations of a document: Paths Object, Path Item Object, Operation Object.

use url::Url;

use crate::{
    document::{Entry, Node},
    openapi::{Description, MOST_OPERATIONS, Operation, security::Schemes, tree},
};

/// The members of a Path Item Object that are operations.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Reads all of them into a description.
pub(super) fn read(root: &Node, base: &str, description: &mut Description) {
    let version = tree::text(root, "openapi").unwrap_or_default();
    if !version.starts_with("3.0.") && !version.starts_with("3.1.") {
        let problem = match tree::text(root, "swagger") {
            Some(old) => format!("this is Swagger {old}"),
            None if version.is_empty() => "this is no OpenAPI document".to_owned(),
            None => format!("this is OpenAPI {version}"),
        };
        description.mistake(&root.span, problem, "name a document of OpenAPI 3.0 or 3.1");
        return;
    }
    if let Some(info) = tree::member(root, "info") {
        description.title = tree::text(info, "title").map(str::to_owned);
        description.version = tree::text(info, "version").map(str::to_owned);
    }
    let reader = Reader {
        root,
        schemes: Schemes::read(root, description),
        base,
    };
    for path in tree::member(root, "paths").into_iter().flat_map(tree::entries) {
        if path.key.starts_with("x-") {
            continue;
        }
        if description.operations.len() > MOST_OPERATIONS {
            let problem = format!("there are more than {MOST_OPERATIONS} operations");
            description.mistake(&path.key_span, problem, "describe less in one document");
            return;
        }
        reader.path(path, description);
    }
}

struct Reader<'n> {
    root: &'n Node,
    schemes: Schemes<'n>,
    base: &'n str,
}

impl Reader<'_> {
    fn path(&self, path: &Entry, description: &mut Description) {
        if !path.key.starts_with('/') {
            let problem = format!("{} is not a path", path.key);
            description.mistake(&path.key_span, problem, "begin it with /");
            return;
        }
        let item = match tree::resolve(self.root, &path.node) {
            Ok(item) => item,
            Err(lost) => return description.mistake(&path.key_span, lost.problem(), lost.remedy()),
        };
        for operation in tree::entries(item) {
            if !METHODS.contains(&operation.key.as_str()) {
                continue;
            }
            let prefix = self.prefix(&[&operation.node, item, self.root], path, description);
            let template = format!("{prefix}{}", path.key);
            let security = tree::member(&operation.node, "security").or_else(|| tree::member(self.root, "security"));
            let ways = match security {
                Some(security) => self.schemes.ways(security, description),
                None => Vec::new(),
            };
            description.operations.push(Operation {
                method: operation.key.to_ascii_uppercase(),
                path: pattern(&template),
                template,
                ways,
                span: operation.key_span.clone(),
            });
        }
    }

    /// What stands before a path below the API's identifier: the path of the first server of the innermost object that
    /// names servers, less that of the identifier.
    fn prefix(&self, objects: &[&Node], path: &Entry, description: &mut Description) -> String {
        let servers = objects.iter().find_map(|object| tree::member(object, "servers"));
        let Some(server) = servers.and_then(|servers| tree::items(servers).first()) else {
            return String::new();
        };
        let of_server = server_path(server);
        match of_server.strip_prefix(self.base) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => rest.to_owned(),
            // A server at the root says nothing of where the API is behind a gateway.
            _ if of_server.is_empty() => String::new(),
            _ => {
                let problem = format!("{} is on a server at {of_server}, not below {}", path.key, self.base);
                let remedy = "let identifier and servers have the same path";
                let is_told = description.mistakes.iter().any(|mistake| mistake.span == server.span);
                if !is_told {
                    description.mistake(&server.span, problem, remedy);
                }
                String::new()
            }
        }
    }
}

/// The path of a server's URL, its variables at their defaults, without a slash at the end.
fn server_path(server: &Node) -> String {
    let mut url = tree::text(server, "url").unwrap_or_default().to_owned();
    for variable in tree::member(server, "variables").into_iter().flat_map(tree::entries) {
        let value = tree::text(&variable.node, "default").unwrap_or_default();
        url = url.replace(&format!("{{{}}}", variable.key), value);
    }
    let path = match Url::parse(&url) {
        Ok(url) => url.path().to_owned(),
        // Relative to where the description is.
        Err(_) => url.split(['?', '#']).next().unwrap_or_default().to_owned(),
    };
    path.trim_end_matches('/').to_owned()
}

/// A template as the path of a rule: a segment with a parameter in it may be anything.
fn pattern(template: &str) -> String {
    let segment = |segment: &str| {
        let has_parameter = segment.contains('{') && segment.contains('}');
        if has_parameter {
            "*".to_owned()
        } else {
            segment.to_owned()
        }
    };
    template.split('/').map(segment).collect::<Vec<_>>().join("/")
}
