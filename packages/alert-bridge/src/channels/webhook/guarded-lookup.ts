import type { LookupAddress, LookupAllOptions } from 'node:dns'
import type { LookupFunction } from 'node:net'

import { isPublicAddress } from './public-address.ts'

/** A host name that leads to a private address only. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError'

  constructor() {
    super('the host has a private address; if that is meant, list it in allowedPrivateHosts')
  }
}

/**
 * A look-up that gives public addresses only. The connection is made to exactly what was checked, so a name that answers
 * differently the next time gains nothing.
 */
export function guardedLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    const all: LookupAllOptions = { ...options, all: true } as LookupAllOptions
    lookup(hostname, all, (error, found) => {
      if (error !== null) return callback(error, '', 0)
      const addresses = (Array.isArray(found) ? found : [{ address: found, family: 4 }]) as LookupAddress[]
      const open = addresses.filter(({ address }) => isPublicAddress(address))
      const [first] = open
      if (first === undefined) return callback(new PrivateAddressError(), '', 0)
      return options.all === true ? callback(null, open) : callback(null, first.address, first.family)
    })
  }
}
