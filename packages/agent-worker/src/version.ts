/** The version of this package, as its telemetry says it; a test holds it equal to package.json. */
export const version = '0.1.0'
