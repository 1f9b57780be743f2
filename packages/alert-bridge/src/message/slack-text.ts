const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/**
 * Text that is only text to Slack (`<!channel>` and `<@U1>` reach nobody), at most `most` characters after escaping, cut between
 * characters and never inside an entity.
 */
export function slackText(text: string, most: number): string {
  const pieces: string[] = []
  let length = 0
  // where to end if it does not fit: three dots need their room
  let endsAt = 0
  for (const character of text) {
    const piece = entities[character] ?? character
    if (length + piece.length > most) return `${pieces.slice(0, endsAt).join('')}${'...'.slice(0, most)}`
    pieces.push(piece)
    length += piece.length
    if (length <= most - 3) endsAt = pieces.length
  }
  return pieces.join('')
}
