export { fleetNames, openCrowd, queriesOfBoards, type BoardQuery, type Cost } from './board-queries.ts'
export { query, runCollector, runPrometheus } from './run-engines.ts'
export { layOutStack, otlpToken, type StackFiles } from './stack-files.ts'
