"""What griffe, which reads sources without running them, does not see by itself.

- Names that a package looks up when they are first used: a table `_EXPORTS = {name: module}` says
  in a source what `__getattr__` gives. They are as if they were imported.
- Defaults that are constants of a module: a reader wants the number.
"""

import ast
from collections.abc import Iterator

import griffe


class LazyNames(griffe.Extension):
    """Members for the entries of every `_EXPORTS`, and values for constants."""

    def on_module(self, *, mod: griffe.Module, loader: griffe.GriffeLoader, **_: object) -> None:
        """Add what a module looks up."""
        exports = mod.members.get("_EXPORTS")
        if exports is None or not isinstance(exports, griffe.Attribute):
            return
        for name, module in ast.literal_eval(str(exports.value)).items():
            if name not in mod.members or name in mod.modules:
                target = f"{mod.path}.{module}.{name}"
                mod.set_member(name, griffe.Alias(name, target, lineno=exports.lineno, parent=mod))

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **_: object) -> None:
        """Put values in the place of constants, once everything is read."""
        for function in _functions(pkg):
            for parameter in function.parameters:
                if isinstance(parameter.default, griffe.ExprName):
                    parameter.default = _value(function.module, parameter.default)


def _functions(module: griffe.Module) -> Iterator[griffe.Function]:
    for member in module.members.values():
        if member.is_alias:
            continue
        if member.is_module or member.is_class:
            yield from _functions(member)
        elif member.is_function:
            yield member


def _value(module: griffe.Module, name: griffe.ExprName) -> griffe.ExprName | str:
    """What a name stands for in the module it comes from; the name where that is no constant."""
    path = name.canonical_path
    for _ in range(3):  # a constant may be imported from where it is imported
        where, _, constant = path.rpartition(".")
        where = where or module.path
        try:
            member = module.modules_collection[where].members.get(constant)
        except KeyError:
            return name
        if member is None or not member.is_alias:
            break
        path = member.target_path
    for node in ast.parse(module.modules_collection[where].filepath.read_text("utf-8")).body:
        for target in node.targets if isinstance(node, ast.Assign) else ():
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            for each, value in pairs:
                if ast.unparse(each) == constant and isinstance(value, ast.Constant | ast.Tuple):
                    return ast.unparse(value)
    return name
