export {
  composeFile,
  imageOf,
  networksOf,
  repositoryRoot,
  repositoryVersion,
  whyNoEngines,
  whyNoSums,
  type ComposeFile,
  type Service,
} from './compose-file.ts'
export {
  decodeMetrics,
  decodeTraces,
  type OtlpAttributes,
  type OtlpMetric,
  type OtlpPoint,
  type OtlpSpan,
  type OtlpValue,
} from './decode-otlp.ts'
export {
  docker,
  openNetwork,
  runDocker,
  runOnce,
  untilAnswers,
  type Container,
  type ContainerOptions,
  type Network,
  type ProgramResult,
  type RunDockerOptions,
} from './docker.ts'
export { eventually, type EventuallyOptions } from './eventually.ts'
export { fixedRandom } from './fixed-random.ts'
export { freePort, openHttpServer, type HttpServer, type ReceivedRequest, type Respond } from './http-server.ts'
export { headerOf, openMailServer, type MailServer, type ReceivedMail } from './mail-server.ts'
export { openPostgres, whyNoPostgres, type PostgresServer } from './postgres.ts'
export { openRedis, whyNoRedis, type RedisServer } from './redis.ts'
export { startProgram, type Program } from './start-program.ts'
export { openTraceStore, type TraceApi, type TraceStoreServer } from './trace-store.ts'
export { openTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts'
export {
  namesOutsideOf,
  readTelemetryRegistry,
  registryKey,
  type RegistryMetric,
  type RegistrySpan,
  type TelemetryRegistry,
} from './telemetry-registry.ts'
