import { fc } from '@fast-check/vitest'

// Titles of property tests end in their seed, and Stryker finds a test again by its title
fc.configureGlobal({ seed: 1 })
