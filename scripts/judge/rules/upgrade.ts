// upgrade: what happens to a deployed stack when this template replaces the one before. CloudFormation creates and updates first and
// deletes last (cleanup), which decides all of it: a new resource collides with the name that an old one still has, and the deletion of
// an old setting takes away what the new one has just set. Compares templates, not deployments.

import { kindOf } from '../../../lambda/local/stack/kinds.ts'
import { type Finding, finder } from '../finding.ts'
import { policiesOf } from '../policies.ts'
import type { JudgedResource, Stack } from '../template.ts'

const find = finder('upgrade')

/** CDK gives these a logical id made of what they are a version of; the old one goes with every change. */
const turnsOver = (type: string): boolean =>
  ['AWS::Lambda::Version', 'AWS::ApiGateway::Deployment', 'AWS::CDK::Metadata'].includes(type)

const isKept = ({ deletionPolicy }: JudgedResource): boolean => /^Retain/.test(deletionPolicy ?? '')
const isKeptWhenReplaced = ({ updateReplacePolicy }: JudgedResource): boolean => updateReplacePolicy === 'Retain'

const nameOf = ({ type, properties }: JudgedResource): string | undefined => {
  const { name } = kindOf(type)
  return name === undefined || properties[name] === undefined ? undefined : String(properties[name])
}

const printedOf = (resource: JudgedResource): string => {
  const name = nameOf(resource)
  return name === undefined ? resource.type : `${resource.type} ${name}`
}

/** The one thing that a resource sets, if it is a setting. */
const subjectOf = ({ type, properties }: JudgedResource): string | undefined => {
  const { subject } = kindOf(type)
  return subject === undefined ? undefined : JSON.stringify([type, ...subject.map((name) => properties[name])])
}

const ownerOf = ({ properties }: JudgedResource): string =>
  JSON.stringify(properties.FunctionName ?? properties.Roles ?? '')

const isSameName = (one: JudgedResource, other: JudgedResource): boolean => {
  const { unique } = kindOf(one.type)
  if (one.type !== other.type || unique === 'never' || nameOf(one) === undefined) return false
  return nameOf(one) === nameOf(other) && (unique !== 'owner' || ownerOf(one) === ownerOf(other))
}

const differs = (one: unknown, other: unknown): boolean => JSON.stringify(one) !== JSON.stringify(other)

const judgeRemoved = (now: Stack, gone: JudgedResource, left: readonly JudgedResource[]): readonly Finding[] => {
  const { type, id } = gone
  if (turnsOver(type) || left.some((one) => subjectOf(one) !== undefined && subjectOf(one) === subjectOf(gone)))
    return []
  if (isKept(gone)) return [find(now, id, `${printedOf(gone)} leaves the stack and stays behind`)]
  const loss = kindOf(type).holdsData === true ? ', with what it holds' : ''
  return [find(now, id, `${printedOf(gone)} is deleted${loss}`)]
}

/** Statements that are removed by their id after a new policy has one of that id. */
const judgeStatementIds = (now: Stack, removed: readonly JudgedResource[]): readonly Finding[] => {
  const sids = new Set(
    policiesOf(now)
      .filter(({ kind }) => kind === 'bus')
      .flatMap(({ statements }) => statements.map(({ Sid }) => String(Sid))),
  )
  return removed
    .filter(
      ({ type, properties }) => type === 'AWS::Events::EventBusPolicy' && sids.has(String(properties.StatementId)),
    )
    .map(({ id, properties }) =>
      find(now, id, `its deletion removes the new statement ${String(properties.StatementId)} from the bus`),
    )
}

const judgeAdded = (
  now: Stack,
  added: JudgedResource,
  old: readonly JudgedResource[],
  removed: readonly JudgedResource[],
): readonly Finding[] => {
  if (turnsOver(added.type)) return []
  const collides = old.find((one) => one.id !== added.id && isSameName(added, one))
  if (collides !== undefined) {
    return [find(now, added.id, `${printedOf(added)} cannot be created: ${collides.id} still has the name`)]
  }
  const undone = removed.find((one) => subjectOf(added) !== undefined && subjectOf(one) === subjectOf(added))
  if (undone === undefined) return []
  return [find(now, added.id, `${added.type} is undone when ${undone.id}, which sets the same, is deleted`)]
}

const judgeChanged = (
  now: Stack,
  before: JudgedResource,
  after: JudgedResource,
  old: readonly JudgedResource[],
): readonly Finding[] => {
  const { type, id } = after
  if (type.startsWith('Custom::') && differs(before.properties.ServiceToken, after.properties.ServiceToken)) {
    return [find(now, id, 'the update fails: a custom resource cannot change its ServiceToken')]
  }
  if (before.type !== type) return [find(now, id, `the update fails: ${before.type} cannot become ${type}`)]
  const { name, replacedFor = [], holdsData } = kindOf(type)
  const isRenamed = name !== undefined && differs(before.properties[name], after.properties[name])
  const changed = replacedFor.filter((one) => differs(before.properties[one], after.properties[one]))
  if (isRenamed) {
    const holder = old.find((one) => one.id !== id && isSameName(one, after))
    if (holder !== undefined) {
      return [find(now, id, `${printedOf(after)} cannot be created: ${holder.id} still has the name`)]
    }
    const fate = isKeptWhenReplaced(after)
      ? 'the old one stays behind'
      : holdsData === true
        ? 'what it holds is lost'
        : 'the old one is deleted'
    return [
      find(now, id, `${printedOf(before)} is replaced by ${nameOf(after) ?? 'one that CloudFormation names'}; ${fate}`),
    ]
  }
  if (changed.length === 0) return []
  if (nameOf(after) !== undefined) {
    return [
      find(
        now,
        id,
        `${printedOf(after)} must be replaced for ${changed.join(', ')}, and cannot while it keeps its name`,
      ),
    ]
  }
  const loss = holdsData === true && !isKeptWhenReplaced(after) ? ', with what it holds' : ''
  return [find(now, id, `${printedOf(after)} is replaced for ${changed.join(', ')}${loss}`)]
}

/** Lambda: a function has permissions, one by one, or a whole policy, never both. */
const judgeMixedPolicies = (
  now: Stack,
  removed: readonly JudgedResource[],
  added: readonly JudgedResource[],
): readonly Finding[] => {
  const permitted = new Set(
    removed
      .filter(({ type }) => type === 'AWS::Lambda::Permission')
      .map(({ properties }) => String(properties.FunctionName)),
  )
  const functionIn = (arn: unknown): string => String(arn).split(':')[6] ?? ''
  return added
    .filter(({ type, properties }) => {
      if (type !== 'AWS::Lambda::ResourcePolicy') return false
      return [...permitted].some(
        (one) => one === functionIn(properties.ResourceArn) || functionIn(one) === functionIn(properties.ResourceArn),
      )
    })
    .map(({ id }) => find(now, id, 'the function still has permissions of the old template when its policy is set'))
}

const judgePair = (before: Stack, now: Stack): readonly Finding[] => {
  const old = new Map(before.resources.map((one) => [one.id, one]))
  const ids = new Set(now.resources.map(({ id }) => id))
  const removed = before.resources.filter(({ id }) => !ids.has(id))
  const added = now.resources.filter(({ id }) => !old.has(id))
  return [
    ...removed.flatMap((one) => judgeRemoved(now, one, now.resources)),
    ...judgeStatementIds(now, removed),
    ...added.flatMap((one) => judgeAdded(now, one, before.resources, removed)),
    ...judgeMixedPolicies(now, removed, added),
    ...now.resources.flatMap((after) => {
      const one = old.get(after.id)
      return one === undefined ? [] : judgeChanged(now, one, after, before.resources)
    }),
  ]
}

/** Compares stacks of one name; a stack that is new has nothing to upgrade. */
export const judgeUpgrade = (before: readonly Stack[], now: readonly Stack[]): readonly Finding[] =>
  now.flatMap((stack) => {
    const one = before.find(({ name }) => name === stack.name)
    return one === undefined ? [] : judgePair(one, stack)
  })
