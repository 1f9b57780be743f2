/** A calendar with these events; each is given by its lines. */
export function calendarOf(...events: readonly string[]): string {
  const parts = events.flatMap((event, index) => {
    const lines = event.split('\n')
    const uid = lines.some((line) => line.startsWith('UID:')) ? [] : [`UID:event-${index}`]
    return ['BEGIN:VEVENT', ...uid, 'DTSTAMP:20260101T000000Z', ...lines, 'END:VEVENT']
  })
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', ...parts, 'END:VCALENDAR', ''].join('\r\n')
}
