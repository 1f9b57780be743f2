export default {
  mode: 'production',
  target: 'node24',
  entry: './main.mjs',
  output: { filename: 'main.cjs' },
}
