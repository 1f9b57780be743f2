// The lists behind docs/errors.md; a test compares them with the page. Words are compared in lower case

const lowerCase = /* @__NO_SIDE_EFFECTS__ */ (words: string): Set<string> =>
  new Set(words.toLowerCase().split(/\s+/).filter(Boolean))

/** Statuses from 400 to 499 after which the same request may succeed later; after the others it cannot. */
export const transientClientStatuses: ReadonlySet<number> = new Set([408, 409, 412, 420, 421, 423, 424, 425, 429, 449, 499])

/** Statuses from 500 to 599 after which the same request cannot succeed; after the others it may. */
export const hopelessServerStatuses: ReadonlySet<number> = new Set([501, 505, 506, 510, 511])

/** Statuses with many meanings: here a provider's word from {@link hopelessWords} decides and is the `error.type`. */
export const vagueStatuses: ReadonlySet<number> = new Set([400, 429])

/** gRPC status names by number. */
export const grpcNames: readonly string[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

/**
 * Words of providers that are more precise than a status: the same request cannot succeed until someone changes something. They are
 * read from `code`, `type`, `status`, `reason` and `error` of the error and of the response that it carries.
 */
export const hopelessWords: ReadonlySet<string> = lowerCase(`
  insufficient_quota billing_error billing_hard_limit_reached billing_not_active insufficient_balance
  account_deactivated account_disabled organization_deactivated access_terminated
  invalid_api_key incorrect_api_key api_key_invalid api_key_expired invalid_organization unsupported_country_region_territory
  model_not_found model_not_available unsupported_model DeploymentNotFound
  context_length_exceeded context_window_exceeded string_above_max_length
  content_filter content_policy_violation moderation_blocked ResponsibleAIPolicyViolation
  invalid_prompt unsupported_parameter unsupported_value missing_required_parameter unknown_parameter
  invalid_auth not_authed token_revoked account_inactive invalid_grant invalid_client unauthorized_client
`)

/** Words that are no more precise than a status; they decide only if there is no status. */
export const hopelessStatusWords: ReadonlySet<string> = lowerCase(`
  invalid_request_error authentication_error permission_error not_found_error request_too_large unauthorized forbidden bad_request
  invalid_argument not_found already_exists permission_denied failed_precondition out_of_range unimplemented data_loss unauthenticated
`)

/** Words for an overload or a service that is not ready. They take precedence over a status that would be hopeless. */
export const transientWords: ReadonlySet<string> = lowerCase(`
  rate_limit_exceeded rate_limit_error rateLimitExceeded userRateLimitExceeded overloaded_error server_error api_error timeout_error
  resource_exhausted unavailable
  BandwidthLimitExceeded EC2ThrottledException LimitExceededException PriorRequestNotComplete
  ProvisionedThroughputExceededException RequestLimitExceeded RequestThrottled RequestThrottledException SlowDown
  ThrottledException Throttling ThrottlingException TooManyRequestsException TransactionInProgressException
  RequestTimeout RequestTimeoutException ModelNotReadyException
`)

/** Names and codes of errors of Node, of databases and of libraries that come back however often the same is tried. */
export const hopelessNames: ReadonlySet<string> = lowerCase(`
  ReferenceError AssertionError ERR_ASSERTION MODULE_NOT_FOUND ERR_MODULE_NOT_FOUND ERR_PACKAGE_PATH_NOT_EXPORTED
  CERT_HAS_EXPIRED CERT_NOT_YET_VALID CERT_REVOKED CERT_UNTRUSTED CERT_REJECTED CERT_SIGNATURE_FAILURE
  DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY
  UNABLE_TO_VERIFY_LEAF_SIGNATURE HOSTNAME_MISMATCH INVALID_CA ERR_TLS_CERT_ALTNAME_INVALID
  ValidationException AccessDeniedException ResourceNotFoundException UnrecognizedClientException InvalidSignatureException
  IncompleteSignature SignatureDoesNotMatch MissingAuthenticationToken ServiceQuotaExceededException CredentialsProviderError
  ER_ACCESS_DENIED_ERROR ER_DBACCESS_DENIED_ERROR ER_BAD_DB_ERROR ER_DUP_ENTRY ELOGIN
  P1000 P1003 P1010 P2002 P2003 P2004 P2011 P2014
  SQLITE_CONSTRAINT SQLITE_CONSTRAINT_UNIQUE SQLITE_CONSTRAINT_PRIMARYKEY SQLITE_CONSTRAINT_FOREIGNKEY SQLITE_CONSTRAINT_NOTNULL
  SQLITE_CONSTRAINT_CHECK SQLITE_AUTH SQLITE_READONLY
  AuthenticationFailed DuplicateKey MongoServerError11000 MongoBulkWriteError11000
  AI_LoadAPIKeyError AI_LoadSettingError AI_NoSuchModelError AI_NoSuchProviderError AI_UnsupportedFunctionalityError
  AI_UnsupportedModelVersionError AI_InvalidPromptError AI_InvalidArgumentError
  InsufficientQuotaError ContextOverflowError ContextWindowOverflowError
  UncertainEffectError MaxTurnsExceededError GraphRecursionError GRAPH_RECURSION_LIMIT
  error_max_turns error_max_budget_usd error_max_structured_output_retries prompt_too_long blocking_limit
  InputGuardrailTripwireTriggered OutputGuardrailTripwireTriggered
  LengthFinishReasonError ContentFilterFinishReasonError
`)

/**
 * Names and codes of errors that mean: the model's answer has not the shape that was asked for. Another answer may have it, but each one
 * is a full paid call, so such an error is retried once in a run.
 */
export const unusableAnswers: ReadonlySet<string> = lowerCase(`
  AI_NoObjectGeneratedError AI_JSONParseError AI_TypeValidationError AI_InvalidToolInputError
  ModelBehaviorError OutputParserException OUTPUT_PARSING_FAILURE StructuredOutputParsingError MultipleStructuredOutputsError
  ZodError $ZodError ValiError schema_mismatch
`)

/** PostgreSQL: no login, no such database, no right, and rows that break a constraint. SQL that a model wrote may be right next time. */
export const hopelessSqlState: RegExp = /^(28|3D|23)[0-9A-Z]{3}$|^42501$/

/** Names and codes of an error that means: the caller has cancelled. */
export const cancelWords: ReadonlySet<string> = lowerCase(`
  AbortError ABORT_ERR EABORT ERR_ABORTED UND_ERR_ABORTED
  APIUserAbortError RequestAbortedError ModelAbortError
  ERR_CANCELED CanceledError CancelledError CancelError cancelled canceled
`)

/** Names and codes of a time limit: `TimeoutError`, `APIConnectionTimeoutError`, `ETIMEDOUT`, `UND_ERR_HEADERS_TIMEOUT`. */
export const timeoutWord: RegExp = /time[d_-]?out(_?(error|exception))?$/i

/** Codes of a connection that did not come about or broke. */
export const connectionCodes: ReadonlySet<string> = lowerCase(`
  ECONNRESET ECONNREFUSED ECONNABORTED EPIPE ENOTFOUND EAI_AGAIN EAI_FAIL EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN ENETRESET
  EADDRNOTAVAIL UND_ERR_SOCKET ERR_STREAM_PREMATURE_CLOSE ERR_HTTP2_STREAM_ERROR ERR_HTTP2_GOAWAY_SESSION
`)
