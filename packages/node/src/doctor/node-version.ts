import { type Finding, ok, wrong } from './finding.ts'

const oldest = [22, 15] as const

/** Whether this Node is new enough. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1])
  return isOld ? wrong(`Node ${version} is too old: install Node 24, or at least ${oldest.join('.')}`) : ok(`Node ${version}`)
}
