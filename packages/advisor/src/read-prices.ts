import { type Environment, loadConfiguration, type PriceSettings } from '@swarmwatch/config'

/**
 * Prices of models in the settings file (`prices:`), which come before the price table.
 * @throws ConfigurationError if the settings are invalid
 */
export function readPrices(env: Environment): PriceSettings {
  return loadConfiguration({ env }).prices
}
