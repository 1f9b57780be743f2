import { type DeclarationReflection, type ProjectReflection, ReflectionKind, type SomeType } from 'typedoc'

/** An interface of options, by its module and name: `@swarmwatch/sdk.Budget`. */
export interface OptionInterface {
  readonly name: string
  /** The options that may be left out. */
  readonly options: readonly DeclarationReflection[]
}

/** The interfaces that callers of exported functions and constructors write, also those within others, that have options to leave out. */
export function optionInterfaces(project: ProjectReflection): OptionInterface[] {
  const found = new Map<DeclarationReflection, OptionInterface>()
  const seen = new Set<DeclarationReflection>()
  const ofDeclaration = (declaration: DeclarationReflection): void => {
    if (seen.has(declaration)) return
    seen.add(declaration)
    const properties = (declaration.children ?? []).filter((child) => child.kindOf(ReflectionKind.Property))
    const options = properties.filter(({ flags }) => flags.isOptional)
    if (declaration.kindOf(ReflectionKind.Interface) && options.length > 0) {
      found.set(declaration, { name: declaration.getFullName(), options })
    }
    for (const { type } of properties) ofType(type)
    ofType(declaration.type)
  }
  const ofType = (type: SomeType | undefined): void => {
    if (type?.type === 'reference') {
      const { reflection } = type
      if (reflection?.kindOf([ReflectionKind.Interface, ReflectionKind.TypeAlias])) {
        ofDeclaration(reflection as DeclarationReflection)
      }
      for (const argument of type.typeArguments ?? []) ofType(argument)
    } else if (type?.type === 'union' || type?.type === 'intersection') for (const part of type.types) ofType(part)
    else if (type?.type === 'array') ofType(type.elementType)
    else if (type?.type === 'typeOperator') ofType(type.target)
    else if (type?.type === 'reflection') for (const { type: inner } of type.declaration.children ?? []) ofType(inner)
  }
  for (const exported of (project.children ?? []).flatMap(({ children = [] }) => children)) {
    const constructors = (exported.children ?? []).filter((child) => child.kindOf(ReflectionKind.Constructor))
    for (const { signatures = [] } of [exported, ...constructors]) {
      for (const { type } of signatures.flatMap(({ parameters = [] }) => parameters)) ofType(type)
    }
  }
  return [...found.values()]
}
