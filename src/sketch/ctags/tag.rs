//! A row in the output of `arduino-ctags`.

/// A row in the output of ctags.
#[derive(Debug, Clone, Default)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) line: usize,
    /// The source line, with `/` and `\` escaped as ctags prints it.
    pub(super) code: String,
    /// Whether it belongs to a class, struct or namespace.
    pub(super) member: bool,
    pub(super) file: String,
    pub(super) prototype: String,
    pub(super) modifiers: String,
    pub(super) skipped: bool,
    /// The reason why it is skipped although the function has no other declaration.
    pub(super) reason: Option<&'static str>,
}

impl Tag {
    pub(super) fn parse(row: &str) -> Option<Self> {
        let row = row.trim();
        let mut parts = row.split('\t');
        let name = parts.next()?.to_owned();
        // The compiler doubles backslashes in line markers, and ctags does not change that.
        let file = parts.next()?.replace("\\\\", "\\");
        let mut tag = Self { name, file, ..Self::default() };
        let (mut returns, mut signature) = ("", "");
        for (field, value) in parts.filter_map(|part| part.split_once(':')) {
            let value = value.trim();
            match field {
                "kind" => value.clone_into(&mut tag.kind),
                "line" => tag.line = value.parse().unwrap_or_default(),
                "signature" => signature = value,
                "returntype" => returns = value,
                "class" | "struct" | "namespace" => tag.member |= !value.is_empty(),
                _ => {}
            }
        }
        tag.prototype = format!("{returns} {}{signature};", tag.name);
        if let (Some(start), Some(end)) = (row.find("/^"), row.find("$/;")) {
            row.get(start + 2..end).unwrap_or_default().clone_into(&mut tag.code);
        }
        Some(tag)
    }

    pub(super) fn is_function(&self) -> bool {
        self.kind == "function"
    }
}
