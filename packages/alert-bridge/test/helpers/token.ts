/** What the bridges of the tests ask for. */
export const token = 'a-token-for-tests-only'
