/** The anchor of a heading as GitHub makes it, so that a link is right on GitHub and on the site: `### \`alerts.rules\`` is `alertsrules`. */
export function headingAnchor(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')
}
