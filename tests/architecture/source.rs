//! The files of `src`, parsed, and what each of them holds and mentions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// All sources, each with its items, and the modules that they make.
pub(crate) struct House {
    pub(crate) files: Vec<Source>,
    /// By path: `["route", "index"]`; the crate itself is the empty path.
    pub(crate) modules: BTreeMap<Vec<String>, Module>,
}

/// How much of the sources is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// What is compiled for tests alone is left out.
    Product,
    /// All of them.
    WithTests,
}

/// One file of `src`.
pub(crate) struct Source {
    /// From the package's folder, `/`-separated.
    pub(crate) name: String,
    pub(crate) text: String,
    /// How many lines it has without those that are left out.
    pub(crate) lines: usize,
    /// Where its items live. A binary is a crate of its own and lives under its file's name.
    pub(crate) module: Vec<String>,
    pub(crate) functions: Vec<Function>,
    pub(crate) types: Vec<TypeName>,
}

/// One function or method with its body.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    /// From the first line of its signature to its last brace.
    pub(crate) lines: usize,
    /// Without `self`; a tuple counts as what it holds.
    pub(crate) parameters: usize,
}

/// A struct, enum, union, trait or alias, or a public second name of one.
pub(crate) struct TypeName {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) module: Vec<String>,
}

/// One module, in a file of its own or inside one.
#[derive(Default)]
pub(crate) struct Module {
    /// Position in [`House::files`].
    pub(crate) file: usize,
    pub(crate) names: BTreeMap<String, Vec<Bound>>,
    /// The paths of `use path::*`.
    pub(crate) globs: Vec<Vec<String>>,
    pub(crate) mentions: Vec<Mention>,
}

/// What a name of a module stands for.
#[derive(Clone)]
pub(crate) enum Bound {
    /// A type or trait written here: more names can follow.
    Type,
    /// A function or value written here.
    Plain,
    /// A module in here.
    Module,
    /// What this path leads to.
    Use(Vec<String>),
}

/// A path as it is written in a module.
#[derive(Clone)]
pub(crate) struct Mention {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    /// `pub use`: it hands a name on and uses nothing itself.
    pub(crate) handed_on: bool,
}

impl House {
    /// The sources of this package, without what is compiled for tests alone.
    pub(crate) fn product() -> &'static House {
        static HOUSE: LazyLock<House> = LazyLock::new(|| House::load(Part::Product));
        &HOUSE
    }

    /// All the sources of this package.
    pub(crate) fn with_tests() -> &'static House {
        static HOUSE: LazyLock<House> = LazyLock::new(|| House::load(Part::WithTests));
        &HOUSE
    }

    fn load(part: Part) -> House {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let read = |path: &PathBuf| fs::read_to_string(path).expect("a source file is text");
        let mut texts: Vec<_> = rust_files(&root.join("src")).iter().map(|at| (relative(root, at), read(at))).collect();
        texts.sort();
        House::of(part, texts)
    }

    /// These sources: name and text of each.
    pub(crate) fn of(part: Part, texts: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> House {
        let texts: Vec<(String, String)> = texts.into_iter().map(|(name, text)| (name.into(), text.into())).collect();
        let parsed: Vec<syn::File> = texts.iter().map(|(name, text)| parse(name, text)).collect();
        let tests = test_modules(&texts, &parsed);
        let mut house = House { files: Vec::new(), modules: BTreeMap::new() };
        for ((name, text), syntax) in texts.into_iter().zip(&parsed) {
            let module = module_of(&name);
            let test = for_tests(&syntax.attrs) || tests.iter().any(|test| module.starts_with(test));
            let left_out = test && part == Part::Product;
            let mut reader = Reader::new(part, module.clone(), house.files.len());
            if !left_out {
                reader.visit_file(syntax);
                house.modules.extend(reader.modules);
            }
            let all = text.lines().count();
            let lines = if left_out { 0 } else { all - reader.left_out };
            let (functions, types) = (reader.functions, reader.types);
            house.files.push(Source { name, text, lines, module, functions, types });
        }
        house
    }
}

impl Source {
    /// The first module of its path; `None` for the crate's own file and the binaries.
    pub(crate) fn top(&self) -> Option<&str> {
        self.module.first().map(String::as_str).filter(|top| !is_file(top))
    }
}

/// Collects what one file holds.
struct Reader {
    part: Part,
    module: Vec<String>,
    file: usize,
    /// Lines of what is left out.
    left_out: usize,
    modules: BTreeMap<Vec<String>, Module>,
    functions: Vec<Function>,
    types: Vec<TypeName>,
}

impl Reader {
    fn new(part: Part, module: Vec<String>, file: usize) -> Reader {
        let modules = BTreeMap::from([(module.clone(), Module { file, ..Module::default() })]);
        Reader { part, module, file, left_out: 0, modules, functions: Vec::new(), types: Vec::new() }
    }

    fn leaves_out(&mut self, attributes: &[syn::Attribute], item: &impl Spanned) -> bool {
        let left_out = self.part == Part::Product && for_tests(attributes);
        if left_out {
            self.left_out += item.span().end().line + 1 - line_of(item.span());
        }
        left_out
    }

    fn here(&mut self) -> &mut Module {
        self.modules.entry(self.module.clone()).or_insert(Module { file: self.file, ..Module::default() })
    }

    fn bind(&mut self, name: &syn::Ident, bound: Bound) {
        self.here().names.entry(name.to_string()).or_default().push(bound);
    }

    fn mention(&mut self, path: Vec<String>, line: usize) {
        self.here().mentions.push(Mention { path, line, handed_on: false });
    }

    fn name_type(&mut self, name: &syn::Ident) {
        let (module, line) = (self.module.clone(), line_of(name.span()));
        self.types.push(TypeName { name: name.to_string(), line, module });
    }

    fn function(&mut self, vis: Option<&syn::Visibility>, sig: &syn::Signature, body: Option<&syn::Block>) {
        let Some(body) = body else { return };
        let line = match vis {
            Some(syn::Visibility::Inherited) | None => line_of(sig.span()),
            Some(vis) => line_of(vis.span()),
        };
        let lines = body.brace_token.span.close().end().line + 1 - line;
        let parameters = sig.inputs.iter().map(parameters).sum();
        self.functions.push(Function { name: sig.ident.to_string(), line, lines, parameters });
    }

    /// Follows a tree of `use` to each name that it brings.
    fn uses(&mut self, tree: &syn::UseTree, before: &[String], handed_on: bool) {
        let joined = |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect::<Vec<_>>();
        match tree {
            syn::UseTree::Path(part) => self.uses(&part.tree, &joined(&part.ident), handed_on),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.uses(tree, before, handed_on)),
            syn::UseTree::Glob(glob) => {
                let (path, line) = (before.to_vec(), line_of(glob.span()));
                self.here().globs.push(path.clone());
                self.here().mentions.push(Mention { path, line, handed_on });
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                let last = before.last().expect("`self` closes a path");
                self.bring((before.to_vec(), handed_on), &syn::Ident::new(last, name.ident.span()));
            }
            syn::UseTree::Name(name) => self.bring((joined(&name.ident), handed_on), &name.ident),
            syn::UseTree::Rename(name) => {
                self.bring((joined(&name.ident), handed_on), &name.rename);
                if handed_on && name.rename.to_string().starts_with(char::is_uppercase) {
                    self.name_type(&name.rename);
                }
            }
        }
    }

    fn bring(&mut self, (path, handed_on): (Vec<String>, bool), name: &syn::Ident) {
        self.bind(name, Bound::Use(path.clone()));
        self.here().mentions.push(Mention { path, line: line_of(name.span()), handed_on });
    }

    /// The paths of tokens that have no syntax of their own: what is handed to a macro or an attribute.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |at: usize, wanted| match tokens.get(at) {
            Some(TokenTree::Punct(punct)) => punct.as_char() == wanted,
            _ => false,
        };
        let mut at = 0;
        while at < tokens.len() {
            let field = at.checked_sub(1).is_some_and(|before| is(before, '.'));
            let line = line_of(tokens[at].span());
            let mut path = Vec::new();
            while let Some(TokenTree::Ident(name)) = tokens.get(at) {
                path.push(name.to_string());
                at += 1;
                if !(is(at, ':') && is(at + 1, ':')) {
                    break;
                }
                at += 2;
            }
            if !path.is_empty() {
                if !field {
                    self.mention(path, line);
                }
                continue;
            }
            if let TokenTree::Group(group) = &tokens[at] {
                self.tokens(group.stream());
            }
            at += 1;
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if self.leaves_out(attributes(item), item) {
            return;
        }
        match item {
            syn::Item::Struct(syn::ItemStruct { ident, .. })
            | syn::Item::Enum(syn::ItemEnum { ident, .. })
            | syn::Item::Union(syn::ItemUnion { ident, .. })
            | syn::Item::Trait(syn::ItemTrait { ident, .. })
            | syn::Item::Type(syn::ItemType { ident, .. }) => {
                self.name_type(ident);
                self.bind(ident, Bound::Type);
            }
            syn::Item::Const(syn::ItemConst { ident, .. }) | syn::Item::Static(syn::ItemStatic { ident, .. }) => {
                self.bind(ident, Bound::Plain);
            }
            syn::Item::Fn(item) => self.bind(&item.sig.ident, Bound::Plain),
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        self.bind(&item.ident, Bound::Module);
        if let Some((_, items)) = &item.content {
            self.module.push(item.ident.to_string());
            self.here();
            items.iter().for_each(|item| self.visit_item(item));
            self.module.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.uses(&item.tree, &[], !matches!(item.vis, syn::Visibility::Inherited));
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(Some(&item.vis), &item.sig, Some(&item.block));
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !self.leaves_out(&item.attrs, item) {
            self.function(Some(&item.vis), &item.sig, Some(&item.block));
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.function(None, &item.sig, item.default.as_ref());
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() && !path.is_ident("self") {
            let names = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.mention(names, line_of(path.span()));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        if !list.path.is_ident("cfg") {
            self.tokens(list.tokens.clone());
        }
        visit::visit_meta_list(self, list);
    }

    /// `pub(in path)` uses nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

/// How much a caller has to hand over here.
fn parameters(input: &syn::FnArg) -> usize {
    match input {
        syn::FnArg::Receiver(_) => 0,
        syn::FnArg::Typed(typed) => in_pattern(&typed.pat).max(in_type(&typed.ty)),
    }
}

fn in_pattern(pattern: &syn::Pat) -> usize {
    match pattern {
        syn::Pat::Tuple(tuple) => tuple.elems.iter().map(in_pattern).sum::<usize>().max(1),
        syn::Pat::Reference(inner) => in_pattern(&inner.pat),
        syn::Pat::Paren(inner) => in_pattern(&inner.pat),
        _ => 1,
    }
}

fn in_type(ty: &syn::Type) -> usize {
    match ty {
        syn::Type::Tuple(tuple) => tuple.elems.iter().map(in_type).sum::<usize>().max(1),
        syn::Type::Reference(inner) => in_type(&inner.elem),
        syn::Type::Paren(inner) => in_type(&inner.elem),
        _ => 1,
    }
}

/// The modules that are declared for tests alone.
fn test_modules(texts: &[(String, String)], parsed: &[syn::File]) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    for ((name, _), syntax) in texts.iter().zip(parsed) {
        for item in &syntax.items {
            if let syn::Item::Mod(declared) = item
                && for_tests(&declared.attrs)
            {
                found.insert(module_of(name).into_iter().chain([declared.ident.to_string()]).collect());
            }
        }
    }
    found
}

/// `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn for_tests(attributes: &[syn::Attribute]) -> bool {
    let says = |list: &syn::MetaList, word: &str| list.path.is_ident(word);
    let is_test = |attribute: &syn::Attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        says(list, "cfg") && asks_for_test(&list.tokens)
    };
    attributes.iter().any(is_test)
}

fn asks_for_test(tokens: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(all), TokenTree::Group(group)] if all == "all" => {
            let mut parts = group.stream().into_iter();
            parts.any(|part| matches!(part, TokenTree::Ident(word) if word == "test"))
        }
        [TokenTree::Ident(word)] => word == "test",
        _ => false,
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Union(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn parse(name: &str, text: &str) -> syn::File {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn line_of(span: Span) -> usize {
    span.start().line
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("src can be listed");
    let paths = entries.map(|entry| entry.expect("src can be listed").path());
    let found = paths.flat_map(|path| match path.is_dir() {
        true => rust_files(&path),
        false => vec![path],
    });
    found.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

fn relative(root: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(root).expect("it was found below the root").components();
    parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>().join("/")
}

/// `src/route/index.rs` is `route::index`, `src/route/mod.rs` is `route`, `src/lib.rs` the crate itself.
fn module_of(name: &str) -> Vec<String> {
    let inner = name.trim_start_matches("src/").trim_end_matches(".rs");
    match inner {
        "lib" => Vec::new(),
        "main" => vec![name.to_owned()],
        _ if inner.starts_with("bin/") => vec![name.to_owned()],
        _ => inner.trim_end_matches("/mod").split('/').map(str::to_owned).collect(),
    }
}

fn is_file(top: &str) -> bool {
    top.ends_with(".rs")
}
