/**
 * The runs that explain an alert: those that failed, the slowest, those with retries, the most expensive, or the newest of any kind. A
 * rule names its choice in the annotation {@link runsAnnotation}.
 */
export const runChoices = ['failed', 'slow', 'retried', 'costly', 'any'] as const
/** One of {@link runChoices}. */
export type RunChoice = (typeof runChoices)[number]

/** Annotation of an alert with its {@link RunChoice}. Messages show no annotation whose name begins with two underscores. */
export const runsAnnotation = '__runs'
