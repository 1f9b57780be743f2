import { hash } from 'node:crypto'

/**
 * Number of groups in which the keys of an experiment are counted. Runs of one key, such as a user, resemble each other, so the variance
 * of a variant is estimated from the differences between groups of keys, which are the same in every process.
 */
export const keyGroups = 20

/** Returns the hexadecimal SHA-256 that decides everything about a key. */
export function digest(experiment: string, key: string): string {
  return hash('sha256', `${experiment}\n${key}`)
}

/** Returns the group of a key, from digits that do not decide its variant. */
export function groupOf(digest: string): number {
  return Number.parseInt(digest.slice(13, 26), 16) % keyGroups
}
