/** The token that the bridges of the tests require. */
export const token = 'a-token-for-tests-only'
