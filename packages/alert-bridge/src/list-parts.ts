/** The parts of a text that commas or line breaks separate, without spaces around them and without empty ones. */
export function partsOf(text: string): string[] {
  return text.split(/[,\r\n]+/).flatMap((part) => part.trim() || [])
}
