import type { Attributes } from '@opentelemetry/api'

import type { AgentSeries } from './agent-series.ts'
import { BoundedNames } from './bounded-names.ts'
import { attribute, spanName } from './names.ts'
import type { ContentOptions } from './options.ts'
import { processWide } from './process-wide.ts'

const toolNames = processWide('tool-names/1', () => new BoundedNames(100))

/** A tool with its options, made once when a function is wrapped. */
export class Tool {
  readonly options: ContentOptions<never, never>
  readonly spanName: string
  readonly #name: string
  readonly #attributes: Attributes
  readonly #labels = new Map<AgentSeries | undefined, Attributes>()

  constructor(name: string, options: ContentOptions<never, never>) {
    this.#name = name
    this.options = options
    this.spanName = spanName.tool(name)
    this.#attributes = {
      [attribute.operation]: 'execute_tool',
      [attribute.toolName]: name,
      ...(options.description !== undefined && { [attribute.toolDescription]: options.description }),
    }
  }

  /** What its span starts with, called by this run or by nobody. */
  attributesFor(execution: { readonly agentName: string } | undefined): Attributes {
    if (execution === undefined) return { ...this.#attributes }
    return { ...this.#attributes, [attribute.genAiAgentName]: execution.agentName }
  }

  /** The label set of its duration, made once for each agent that calls it so that recording allocates nothing. */
  labelsFor(series: AgentSeries | undefined): Attributes {
    const known = this.#labels.get(series)
    if (known) return known
    const labels: Attributes = { [attribute.toolName]: toolNames.bound(this.#name) }
    if (series) labels[attribute.genAiAgentName] = series.agentName
    this.#labels.set(series, labels)
    return labels
  }
}
