// What a bench of the fleet reports: how long one piece of work took, and which calls it made at either side, so that two runs can be compared
// and a figure in the README be traced. Markdown for people, JSON for whoever compares.

export interface Figure {
  /** What was done, in words. */
  readonly what: string
  readonly clients: number
  readonly ms: number
  /** Operation → how often. */
  readonly secretsManager: Readonly<Record<string, number>>
  readonly stytch: Readonly<Record<string, number>>
  /** How many were throttled, of either. */
  readonly throttled: number
  /** Whatever else is worth reporting. */
  readonly note?: string
}

interface Called {
  readonly op: string
  readonly status: number
}

export interface Counters {
  readonly aws: () => readonly Called[]
  readonly stytch: () => readonly Called[]
}

const tally = (calls: readonly Called[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { op } of calls.toSorted((one, other) => (one.op < other.op ? -1 : 1))) counts[op] = (counts[op] ?? 0) + 1
  return counts
}

const isThrottled = ({ status }: Called): boolean => status === 429

/** Not of Secrets Manager: Lambda and Systems Manager listen at the same address. */
const elsewhere = new Set(['Invoke', 'GetParameter', 'PutParameter', 'PutEvents'])

/** Times the work and counts the calls that it made. */
export const measure = async (
  { aws, stytch }: Counters,
  about: Pick<Figure, 'what' | 'clients' | 'note'>,
  work: () => Promise<void>,
): Promise<Figure> => {
  const before = { aws: aws().length, stytch: stytch().length }
  const startedAt = performance.now()
  await work()
  const ms = Math.round(performance.now() - startedAt)
  const made = { aws: aws().slice(before.aws), stytch: stytch().slice(before.stytch) }
  return {
    ...about,
    ms,
    secretsManager: tally(made.aws.filter(({ op }) => !elsewhere.has(op))),
    stytch: tally(made.stytch),
    throttled: [...made.aws, ...made.stytch].filter(isThrottled).length,
  }
}

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, number) => sum + number, 0)

const perClient = (counts: Readonly<Record<string, number>>, clients: number): string =>
  `${total(counts).toLocaleString('en')} (${(total(counts) / clients).toFixed(2)} a client)`

export const toMarkdown = (figures: readonly Figure[]): string =>
  [
    '| what | clients | time | a second | Secrets Manager calls | Stytch calls | throttled |',
    '|---|---|---|---|---|---|---|',
    ...figures.map(({ what, clients, ms, secretsManager, stytch, throttled }) =>
      [
        '',
        what,
        clients.toLocaleString('en'),
        `${(ms / 1000).toFixed(1)} s`,
        (clients / (ms / 1000)).toFixed(1),
        perClient(secretsManager, clients),
        perClient(stytch, clients),
        String(throttled),
        '',
      ]
        .join(' | ')
        .trim(),
    ),
  ].join('\n')
