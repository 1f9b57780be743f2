export { fleetNames, openCrowd, queriesOfBoards, type BoardQuery, type Cost } from './board-queries.ts'
