//! Rust text as the rules need it: comments and strings blanked, names and paths found, each with its line.

/// The text with comments, strings and characters blanked. Lines stay where they are.
pub fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        // Nothing else begins a comment or a string.
        let plain = text[at..].find(['/', '"', '\'', 'b', 'c', 'r']).unwrap_or(text.len() - at);
        code.push_str(&text[at..at + plain]);
        at += plain;
        let here = &text[at..];
        let Some(first) = here.chars().next() else { break };
        match comment(here).or_else(|| string(here, code.chars().next_back())) {
            Some(length) => {
                code.extend(here[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
                at += length;
            }
            None => {
                code.push(first);
                at += first.len_utf8();
            }
        }
    }
    code
}

/// Length of the comment that begins here.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    Some(text.len())
}

/// Length of the string or character that begins here.
fn string(text: &str, before: Option<char>) -> Option<usize> {
    let inside_name = before.is_some_and(is_name);
    let open = ["", "b", "c", "r", "br", "cr"]
        .into_iter()
        .find(|prefix| text.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(['"', '#', '\''])))?;
    if inside_name && !open.is_empty() {
        return None;
    }
    let rest = &text[open.len()..];
    let hashes = rest.chars().take_while(|c| *c == '#').count();
    if open.ends_with('r') && rest[hashes..].starts_with('"') {
        let close = format!("\"{}", "#".repeat(hashes));
        let body = open.len() + hashes + 1;
        return Some(text[body..].find(&close).map_or(text.len(), |end| body + end + close.len()));
    }
    if hashes > 0 || open.ends_with('r') {
        return None;
    }
    let quote = rest.chars().next()?;
    if quote == '\'' && is_lifetime(rest) {
        return None;
    }
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(open.len() + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

/// Whether a quote begins `'static` and not `'s'`.
fn is_lifetime(text: &str) -> bool {
    let mut after = text.chars().skip(1);
    after.next().is_some_and(is_name) && after.next() != Some('\'')
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A path such as `crate::ledger::Store`, or a single name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The line of its last name.
    pub line: usize,
    /// Its names.
    pub names: Vec<String>,
}

/// Every path in code without comments and strings; `a::{b, c::d}` is `a::b` and `a::c::d`. A single name that is
/// imported, `use a;`, is the path `a::self`: elsewhere a single name may be a variable.
pub fn paths(code: &str) -> Vec<Path> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let before = found.len();
        let imported = at > 0 && matches!(tokens[at - 1].text, "use" | "crate");
        at = path(&tokens, at, &[], &mut found).max(at + 1);
        for path in found.iter_mut().skip(before).filter(|path| imported && path.names.len() == 1) {
            path.names.push("self".to_owned());
        }
    }
    found
}

/// A name, a mark, and the line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'c> {
    /// The text.
    pub text: &'c str,
    /// The line, the first is 1.
    pub line: usize,
}

/// Names and marks; `::` is one mark.
pub fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(c) = code[at..].chars().next() {
        let rest = &code[at..];
        let length = if is_name(c) {
            rest.find(|c| !is_name(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            c.len_utf8()
        };
        line += usize::from(c == '\n');
        if !c.is_whitespace() {
            tokens.push(Token { text: &rest[..length], line });
        }
        at += length;
    }
    tokens
}

/// Reads one path, or a group of them, behind `before`; returns where it ends.
fn path(tokens: &[Token<'_>], mut at: usize, before: &[String], found: &mut Vec<Path>) -> usize {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.text == text);
    let mut names = before.to_vec();
    let mut line = 0;
    while let Some(token) =
        tokens.get(at).filter(|token| token.text.starts_with(is_name) || token.text == "*")
    {
        names.push(token.text.to_owned());
        line = token.line;
        at += 1;
        if !is(at, "::") {
            found.push(Path { line, names });
            return at;
        }
        at += 1;
        if is(at, "{") {
            at += 1;
            while at < tokens.len() && !is(at, "}") {
                at = path(tokens, at, &names, found).max(at + 1);
                while at < tokens.len() && !is(at, ",") && !is(at, "}") {
                    at += 1;
                }
                at += usize::from(is(at, ","));
            }
            return at + 1;
        }
    }
    if names.len() > before.len() {
        found.push(Path { line, names });
    }
    at
}

/// A path as seen from the root of its crate: `super::b` in `a/c.rs` is `crate::b`. `module` names where it stands.
pub fn from_root(path: &[String], module: &[&str]) -> Vec<String> {
    let mut here: Vec<String> = module.iter().map(|name| (*name).to_owned()).collect();
    let mut names = path.iter().map(String::as_str).peekable();
    match names.peek() {
        Some(&"self") => {
            names.next();
        }
        Some(&"super") => {
            while names.next_if_eq(&"super").is_some() {
                here.pop();
            }
        }
        _ => return path.to_vec(),
    }
    let root = std::iter::once("crate".to_owned());
    root.chain(here).chain(names.map(str::to_owned)).collect()
}
