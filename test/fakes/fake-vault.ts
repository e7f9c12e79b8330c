// Secrets Manager in memory, for one secret: versions with labels, placeholders without a value, a label that moves only from where
// it is said to be, and AWSPREVIOUS that follows AWSCURRENT. Written from secrets-manager §1.2–1.4, not from the adapter.
import { Fault } from '../../lambda/core/base/fault.ts'
import type { Shelf, Vault, VersionQuery } from '../../lambda/core/secret/secrets.ts'
import type { CallLog } from './call-log.ts'
import type { FakeTiming } from './fake-timing.ts'

export const SECRET_ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/orders-AbCdEf'
/** Epoch milliseconds. */
const CREATED_AT = 1_793_622_600_000
export const SECRET_NAME = 'm2m/test/orders'

export interface FakeVersion {
  readonly versionId: string
  /** Absent in a placeholder. */
  text?: string
  readonly labels: Set<string>
  readonly createdAt: number
}

export interface FakeVault extends Vault {
  /** In the order in which they came to be. */
  readonly versions: Map<string, FakeVersion>
  /** The rotation tokens that putPending was handed. */
  readonly rotationTokens: (string | undefined)[]
  rotationEnabled: boolean
  exists: boolean
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

export const createFakeVault = (log: CallLog, timing: Pick<FakeTiming, 'now'>): FakeVault => {
  const versions = new Map<string, FakeVersion>()
  const rotationTokens: (string | undefined)[] = []
  let sequence = 0

  const holderOf = (label: string): string | undefined =>
    [...versions.values()].find(({ labels }) => labels.has(label))?.versionId

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
    const id = versionId ?? holderOf(label ?? 'AWSCURRENT')
    const version = id === undefined ? undefined : versions.get(id)
    return version === undefined || (label !== undefined && !version.labels.has(label)) ? undefined : version
  }

  const vault: FakeVault = {
    versions,
    rotationTokens,
    rotationEnabled: true,
    exists: true,
    tags: {},
    holderOf,
    place: (versionId, { text, labels = [] }) => {
      const version = versionOf(versionId)
      if (text !== undefined) version.text = text
      for (const label of labels) putLabel(label, versionId)
    },
    rotateSecret: (requestToken) => {
      const pendingOn = holderOf('AWSPENDING')
      if (pendingOn !== undefined && pendingOn !== holderOf('AWSCURRENT') && pendingOn !== requestToken) {
        throw rejected('a previous rotation is not complete')
      }
      versionOf(requestToken)
      putLabel('AWSPENDING', requestToken)
    },
    describe: (secretId) =>
      log.run({ port: 'vault', name: 'describe', about: secretId }, () => {
        const labelled = [...versions.values()].filter(({ labels }) => labels.size > 0)
        return {
          arn: SECRET_ARN,
          name: SECRET_NAME,
          rotationEnabled: vault.rotationEnabled,
          labels: Object.fromEntries(labelled.map(({ versionId, labels }) => [versionId, [...labels]])),
        }
      }),
    read: (_secretId, query) =>
      log.run({ port: 'vault', name: 'read', about: query.label ?? query.versionId ?? '' }, () => {
        const version = find(query)
        if (version?.text === undefined) return undefined
        const { versionId, text, createdAt } = version
        return { arn: SECRET_ARN, versionId, text, createdAt }
      }),
    putPending: ({ requestToken, text, rotationToken }) =>
      log.run({ port: 'vault', name: 'putPending', about: text }, () => {
        rotationTokens.push(rotationToken)
        const version = versionOf(requestToken)
        if (version.text !== undefined && version.text !== text) return 'differs'
        version.text = text
        putLabel('AWSPENDING', requestToken)
        return 'stored'
      }),
    moveLabel: ({ label, from, to }) =>
      log.run({ port: 'vault', name: 'moveLabel', about: `${label} ${to === undefined ? 'away' : 'to'}` }, () => {
        if (!versions.get(from)?.labels.has(label)) throw rejected(`${label} is not on ${from}`)
        if (to === undefined) versions.get(from)?.labels.delete(label)
        else putLabel(label, to)
      }),
    listVersions: (secretId) =>
      log.run({ port: 'vault', name: 'listVersions', about: secretId }, () =>
        [...versions.values()]
          .map(({ versionId, labels, createdAt }) => ({ versionId, labels: [...labels], createdAt }))
          .sort((one, other) => other.createdAt - one.createdAt),
      ),
  }
  return vault
}

/** The registrar's side of the same secret. It exists once created. */
export const createFakeShelf = (log: CallLog, vault: FakeVault): Shelf => ({
  find: (name) =>
    log.run({ port: 'shelf', name: 'find', about: name }, () => {
      if (!vault.exists) return undefined
      const labels = [...vault.versions.values()].map((version) => [version.versionId, [...version.labels]] as const)
      const { rotationEnabled, tags } = vault
      return { arn: SECRET_ARN, name, rotationEnabled, tags, labels: Object.fromEntries(labels), createdAt: CREATED_AT }
    }),
  create: ({ name, tags }) =>
    log.run({ port: 'shelf', name: 'create', about: name }, () => {
      if (vault.exists) return 'exists'
      vault.exists = true
      vault.tags = tags
      return 'created'
    }),
  storeFirst: ({ requestToken, text }) =>
    log.run({ port: 'shelf', name: 'storeFirst', about: requestToken }, () => {
      const stored = vault.versions.get(requestToken)?.text
      if (stored !== undefined) return stored === text ? 'stored' : 'taken'
      vault.place(requestToken, { text, labels: ['AWSCURRENT'] })
      return 'stored'
    }),
  enableRotation: ({ functionArn, everyDays }) =>
    log.run({ port: 'shelf', name: 'enableRotation', about: `${functionArn} every ${everyDays} days` }, () => {
      vault.rotationEnabled = true
    }),
})
