import { fileURLToPath } from 'node:url'

/** Folder of the repository. */
export const repositoryRoot: string = fileURLToPath(new URL('../..', import.meta.url))

/** Folder of this package. */
export const siteRoot: string = fileURLToPath(new URL('..', import.meta.url))
