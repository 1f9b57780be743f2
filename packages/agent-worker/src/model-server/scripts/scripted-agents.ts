import type { Script } from '../script.ts'
import { apiIntegratorScript } from './api-integrator-script.ts'
import { rapidBuilderScript } from './rapid-builder-script.ts'
import { reviewerScript } from './reviewer-script.ts'

/** The scripts of the three reference agents, by agent name. */
export const scriptedAgents: ReadonlyMap<string, Script> = new Map([
  ['rapid-builder', rapidBuilderScript],
  ['api-integrator', apiIntegratorScript],
  ['reviewer', reviewerScript],
])
