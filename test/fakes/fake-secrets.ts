// Secrets Manager in memory, for one secret and whoever sees its values: versions with labels, placeholders without a value, a label that moves only from where
// it is said to be, and AWSPREVIOUS that follows AWSCURRENT. Written from secrets-manager §1.2–1.4, not from the adapter.

import { Fault } from '../../lambda/core/base/fault.ts'
import type { RotationRules, Secret } from '../../lambda/core/secret/secret.ts'
import type { Secrets, VersionQuery } from '../../lambda/core/secret/secrets.ts'
import { BLANK } from './blank-secret.ts'
import type { CallLog } from './call-log.ts'
import type { FakeTiming } from './fake-timing.ts'
import { createHistory, type History } from './history.ts'

export const SECRET_ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/orders-AbCdEf'
/** Epoch milliseconds. */
const CREATED_AT = 1_793_622_600_000
export const SECRET_NAME = 'm2m/test/orders'

type Versions = ReadonlyMap<string, FakeVersion>

export interface FakeVersion {
  readonly versionId: string
  /** Absent in a placeholder. */
  text?: string
  readonly labels: Set<string>
  readonly createdAt: number
}

/** By its name, its ARN, or an ARN without the six characters, as the service finds it. */
const isThis = (secretId: string | undefined): boolean =>
  secretId === SECRET_NAME || secretId === SECRET_ARN || secretId === SECRET_ARN.slice(0, -'-AbCdEf'.length)

const said = (rules: RotationRules): string => ('everyDays' in rules ? `every ${rules.everyDays} days` : rules.schedule)

/** What rotations and registrations ask for. */
type Faked = Pick<
  Secrets,
  'describe' | 'readValue' | 'putPending' | 'moveLabel' | 'listVersions' | 'create' | 'storeFirst' | 'scheduleRotation'
>

export interface FakeSecrets extends Faked {
  /** In the order in which they came to be. */
  readonly versions: Map<string, FakeVersion>
  /** Makes chosen replies of describe, listVersions and readValue old: labels as they were, and a value that is not there yet. */
  readonly history: History<Versions>
  /** The rotation tokens that putPending was handed. */
  readonly rotationTokens: (string | undefined)[]
  rotationEnabled: boolean
  exists: boolean
  /** What describe shows of other Regions. */
  replicas: Secret['replicas']
  /** As the registrar made it. */
  tags: Readonly<Record<string, string>>
  /** Adds a version, or fills one; its labels are taken from the others. */
  place(versionId: string, version: { readonly text?: string; readonly labels?: readonly string[] }): void
  /** The service's own RotateSecret, up to where it calls the function. Throws when it would be refused. */
  rotateSecret(requestToken: string): void
  holderOf(label: string): string | undefined
}

const rejected = (why: string): Fault =>
  new Fault({ code: 'SECRETS_MANAGER_REJECTED', retryable: false, message: `Secrets Manager refused: ${why}.` })

export const createFakeSecrets = (log: CallLog, timing: Pick<FakeTiming, 'now'>): FakeSecrets => {
  const versions = new Map<string, FakeVersion>()
  const rotationTokens: (string | undefined)[] = []
  let sequence = 0
  const history = createHistory(
    timing.now,
    (): Versions =>
      new Map([...versions].map(([id, version]) => [id, { ...version, labels: new Set(version.labels) }])),
  )

  const holderIn = (shown: Versions, label: string): string | undefined =>
    [...shown.values()].find(({ labels }) => labels.has(label))?.versionId
  const holderOf = (label: string): string | undefined => holderIn(versions, label)

  const putLabel = (label: string, to: string): void => {
    const holder = holderOf(label)
    if (holder === to) return
    if (holder !== undefined) versions.get(holder)?.labels.delete(label)
    versions.get(to)?.labels.add(label)
    if (label === 'AWSCURRENT' && holder !== undefined) putLabel('AWSPREVIOUS', holder)
  }

  const versionOf = (versionId: string): FakeVersion => {
    const known = versions.get(versionId)
    if (known !== undefined) return known
    sequence += 1
    const version: FakeVersion = { versionId, labels: new Set(), createdAt: timing.now() + sequence }
    versions.set(versionId, version)
    return version
  }

  const find = ({ versionId, label }: VersionQuery): FakeVersion | undefined => {
    const shown = history.read()
    const id = versionId ?? holderIn(shown, label ?? 'AWSCURRENT')
    const version = id === undefined ? undefined : shown.get(id)
    return version === undefined || (label !== undefined && !version.labels.has(label)) ? undefined : version
  }

  const secrets: FakeSecrets = {
    versions,
    history,
    rotationTokens,
    rotationEnabled: true,
    exists: true,
    replicas: [],
    tags: {},
    holderOf,
    place: (versionId, { text, labels = [] }) => {
      history.note()
      const version = versionOf(versionId)
      if (text !== undefined) version.text = text
      for (const label of labels) putLabel(label, versionId)
    },
    rotateSecret: (requestToken) => {
      const pendingOn = holderOf('AWSPENDING')
      if (pendingOn !== undefined && pendingOn !== holderOf('AWSCURRENT') && pendingOn !== requestToken) {
        throw rejected('a previous rotation is not complete')
      }
      history.note()
      versionOf(requestToken)
      putLabel('AWSPENDING', requestToken)
    },
    describe: (secretId) =>
      log.run({ port: 'secrets', name: 'describe', about: secretId }, () => {
        if (!secrets.exists || !isThis(secretId)) return undefined
        const labelled = [...history.read().values()].filter(({ labels }) => labels.size > 0)
        return {
          ...BLANK,
          arn: SECRET_ARN,
          name: SECRET_NAME,
          tags: secrets.tags,
          replicas: secrets.replicas,
          labels: Object.fromEntries(labelled.map(({ versionId, labels }) => [versionId, [...labels]])),
          rotationEnabled: secrets.rotationEnabled,
          rotationFunctionArn: undefined,
          isDeleted: false,
          createdAt: CREATED_AT,
          lastChangedAt: undefined,
          lastRotatedAt: undefined,
          nextRotationAt: undefined,
        }
      }),
    readValue: (secretId, query = {}) =>
      log.run({ port: 'secrets', name: 'readValue', about: query.label ?? query.versionId ?? '' }, () => {
        const version = isThis(secretId) ? find(query) : undefined
        if (version?.text === undefined) return undefined
        const { versionId, text, createdAt } = version
        return { arn: SECRET_ARN, versionId, text, createdAt }
      }),
    putPending: ({ secretId, requestToken, text, rotationToken }) =>
      log.run({ port: 'secrets', name: 'putPending', about: text }, () => {
        if (!isThis(secretId)) throw rejected('there is no such secret')
        rotationTokens.push(rotationToken)
        const version = versionOf(requestToken)
        if (version.text !== undefined && version.text !== text) return 'differs'
        history.note()
        version.text = text
        putLabel('AWSPENDING', requestToken)
        return 'stored'
      }),
    moveLabel: ({ secretId, label, from, to }) =>
      log.run({ port: 'secrets', name: 'moveLabel', about: `${label} ${to === undefined ? 'away' : 'to'}` }, () => {
        if (!isThis(secretId)) throw rejected('there is no such secret')
        if (!versions.get(from)?.labels.has(label)) throw rejected(`${label} is not on ${from}`)
        history.note()
        if (to === undefined) versions.get(from)?.labels.delete(label)
        else putLabel(label, to)
      }),
    listVersions: (secretId) =>
      log.run({ port: 'secrets', name: 'listVersions', about: secretId }, () =>
        [...(isThis(secretId) ? history.read().values() : [])]
          .map(({ versionId, labels, createdAt }) => ({ versionId, labels: [...labels], createdAt }))
          .sort((one, other) => other.createdAt - one.createdAt),
      ),
    create: ({ name, tags }) =>
      log.run({ port: 'secrets', name: 'create', about: name }, () => {
        if (secrets.exists) return 'exists'
        secrets.exists = true
        secrets.tags = tags
        return 'created'
      }),
    storeFirst: ({ requestToken, text }) =>
      log.run({ port: 'secrets', name: 'storeFirst', about: requestToken }, () => {
        const stored = versions.get(requestToken)?.text
        if (stored !== undefined) return stored === text ? 'stored' : 'taken'
        secrets.place(requestToken, { text, labels: ['AWSCURRENT'] })
        return 'stored'
      }),
    scheduleRotation: (_secretId, { functionArn, rules }) =>
      log.run({ port: 'secrets', name: 'scheduleRotation', about: `${functionArn} ${said(rules)}` }, () => {
        secrets.rotationEnabled = true
      }),
  }
  return secrets
}
