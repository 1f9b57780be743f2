/** The version of this package in its instrumentation scope; a test checks that it equals package.json. */
export const version = '0.1.0'
