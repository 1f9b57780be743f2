import { readFileSync } from 'node:fs'

import ts from 'typescript'

/** The example of each option, as it is written in `option-examples.ts`: by the name of the interface, then of the option. */
export function readOptionExamples(): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const path = new URL('option-examples.ts', import.meta.url)
  const file = ts.createSourceFile('option-examples.ts', readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
  const declaration = file.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .find(({ name }) => name.getText() === 'examples')
  if (declaration?.initializer === undefined) throw new Error('option-examples.ts must have a constant `examples`')
  return new Map(
    propertiesOf(declaration.initializer).map(({ name, initializer }) => [
      (name as ts.StringLiteral).text,
      new Map(propertiesOf(initializer).map((option) => [option.name.getText(), shown(option)])),
    ]),
  )
}

function propertiesOf(expression: ts.Expression): readonly ts.PropertyAssignment[] {
  const object = ts.isSatisfiesExpression(expression) ? expression.expression : expression
  if (!ts.isObjectLiteralExpression(object)) throw new Error(`an object is expected in place of ${expression.getText()}`)
  return object.properties.filter(ts.isPropertyAssignment)
}

/** On one line. */
function shown(option: ts.PropertyAssignment): string {
  return option.getText().replaceAll(/\s+/g, ' ')
}
