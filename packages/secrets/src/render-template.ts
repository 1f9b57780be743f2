/** Puts values into a YAML template, where `${NAME}` stands in single quotes. Lines of comment stay as they are; an unknown name throws. */
export function renderTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/^(?! *#).*$/gm, (line) =>
    line.replaceAll(/\$\{(\w+)\}/g, (_placeholder, name: string) => {
      const value = values[name]
      if (value === undefined) throw new Error(`the template asks for ${name}, which nobody gives`)
      return value.replaceAll("'", "''")
    }),
  )
}
