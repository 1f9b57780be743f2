/** The version of this package, as its instrumentation scope says it; a test holds it equal to package.json. */
export const version = '0.1.0'
