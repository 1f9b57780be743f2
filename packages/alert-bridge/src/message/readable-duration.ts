const units = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3_600 },
  { name: 'min', seconds: 60 },
  { name: 's', seconds: 1 },
] as const

/** The two largest units that say something: `2 d 3 h`, `12 min 4 s`, `1 h`; under a second `0 s`. */
export function readableDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const first = units.findIndex((unit) => whole >= unit.seconds)
  if (first === -1) return '0 s'
  const { name, seconds: size } = units[first]!
  const next = units[first + 1]
  const amount = `${Math.floor(whole / size)} ${name}`
  if (next === undefined) return amount
  const rest = Math.floor((whole % size) / next.seconds)
  return rest === 0 ? amount : `${amount} ${rest} ${next.name}`
}
