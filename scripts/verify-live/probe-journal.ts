// What the probe function writes down of each step, as tags on the secret that is being rotated: no further service is needed, and
// one DescribeSecret reads it all. A record holds a step, a time, a token and words; never a value.

/** The tag that says what the probe is to do. */
export const PLAN_TAG = 'm2m-verify-plan'
/** rotate: go through. fail-test: testSecret fails. */
export type ProbePlan = 'rotate' | 'fail-test'

const EVENT_TAG = 'm2m-verify-event-'
/** Counts the drives that there was no room for. */
const LATER_TAG = 'm2m-verify-later'
/** Of the fifty that a secret may have, one stays free for the count. */
const MAX_TAGS = 49

export interface ProbeRecord {
  readonly step: string
  /** Epoch milliseconds, by the probe's clock. */
  readonly at: number
  readonly token: string
  readonly hasRotationToken: boolean
  /** What it met, by name: an AWS error's name, or a word. */
  readonly facts: Readonly<Record<string, string>>
}

export interface Tag {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}

/**
 * What the probe is to write of a step. A rotation that fails is driven again for as long as Secrets Manager likes: of each drive its beginning is
 * kept, of the first one its end as well; when the tags are used up, further drives are counted.
 * @returns undefined: nothing
 */
export const recordFor = (
  tags: readonly Tag[],
  plan: string | undefined,
  record: ProbeRecord,
): Required<Tag> | undefined => {
  const isFailing = plan === 'fail-test'
  if (isFailing && record.step === 'setSecret') return undefined
  const isKnown = readProbeRecords(tags).some(({ step, token }) => step === record.step && token === record.token)
  if (isFailing && record.step !== 'createSecret' && isKnown) return undefined
  const isCounted = tags.some(({ Key }) => Key === LATER_TAG)
  if (!isCounted && tags.length < MAX_TAGS) return writeRecord(record)
  return record.step === 'createSecret' ? { Key: LATER_TAG, Value: String(readLaterDrives(tags) + 1) } : undefined
}

/** @returns how many drives began that have no record. */
export const readLaterDrives = (tags: readonly Tag[]): number =>
  Number(tags.find(({ Key }) => Key === LATER_TAG)?.Value ?? 0)

/** Keys differ also when two steps run within a millisecond. */
export const writeRecord = ({ step, at, token, hasRotationToken, facts }: ProbeRecord): Required<Tag> => ({
  Key: `${EVENT_TAG}${at}-${step}`,
  Value: [
    token,
    hasRotationToken ? 'with' : 'without',
    ...Object.entries(facts).map(([name, fact]) => `${name}=${fact}`),
  ]
    .join(' ')
    .slice(0, 256),
})

/** @returns the records among a secret's tags, oldest first. */
export const readProbeRecords = (tags: readonly Tag[]): readonly ProbeRecord[] =>
  tags
    .flatMap(({ Key: key = '', Value: value = '' }) => {
      const match = /^(\d+)-(\w+)$/.exec(key.startsWith(EVENT_TAG) ? key.slice(EVENT_TAG.length) : '')
      if (match === null) return []
      const [token = '', rotationToken, ...facts] = value.split(' ')
      return [
        {
          step: match[2] ?? '',
          at: Number(match[1]),
          token,
          hasRotationToken: rotationToken === 'with',
          facts: Object.fromEntries(facts.map((fact) => fact.split('=', 2) as [string, string])),
        },
      ]
    })
    .sort((one, other) => one.at - other.at)
