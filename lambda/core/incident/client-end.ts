// What an incident says of one client in the end: that it is revoked, or why not and what to do, in words for whoever is woken. Pure.

import { defined } from '../base/defined.ts'
import type { JobFailure, JobOutcome } from '../drive/carry-out.ts'
import type { HeldClient } from '../drive/find-holders.ts'
import type { Secret } from '../secret/secret.ts'
import { clientNaming } from '../secret/secret-tags.ts'
import type { IncidentClient } from './incident-completed.ts'

const RUNBOOK = 'docs/runbook.md'

export const jobAdvice: Record<JobFailure, { readonly why: string; readonly advice: string }> = {
  gone: {
    why: 'there is no such secret any more',
    advice: `make sure at Stytch that its client is deleted or inactive (${RUNBOOK}#leak)`,
  },
  notManaged: {
    why: 'its rotation is off, or belongs to another function',
    advice: `turn rotation on with the rotation function, or revoke by hand (${RUNBOOK}#leak)`,
  },
  refused: {
    why: 'every attempt was refused or cleared',
    advice: `the events Rotation Refused name the reason (${RUNBOOK}#drift); fix it, then report the leak again under the same incident id`,
  },
  settleRefused: {
    why: 'the new value is in place, but every attempt to end the old one was refused',
    advice: `THE LEAKED VALUE MAY STILL BE ACCEPTED: see the events Rotation Refused (${RUNBOOK}#drift); fix it, then report the leak again under the same incident id`,
  },
  stuck: {
    why: 'another rotation does not end',
    advice: `clear it (${RUNBOOK}#rotation-stuck), then report the leak again under the same incident id`,
  },
  rejected: {
    why: 'Secrets Manager does not let the incident function do it',
    advice: `the log has its words; check the role and the secret's policy (${RUNBOOK}#stack-broken)`,
  },
}

export const frozenEnd = {
  why: 'rotations are frozen (all)',
  advice: 'lift the freeze (m2m freeze off), then report the leak again under the same incident id',
} as const

type Named = Pick<Secret, 'arn' | 'name'> & Pick<IncidentClient, 'clientId' | 'clientIdFrom'>

const entryOf = (
  { arn, name, clientId, clientIdFrom }: Named,
  end: Omit<IncidentClient, 'secretArn' | 'secretName' | 'clientId' | 'clientIdFrom'>,
): IncidentClient => ({ secretArn: arn, secretName: name, ...defined({ clientId, clientIdFrom }), ...end })

export const failedClient = (
  secret: Named,
  what: { readonly why: string; readonly advice: string },
  requestTokens: readonly string[] = [],
): IncidentClient => entryOf(secret, { outcome: 'failed', requestTokens, ...what })

export const revokedClient = (secret: Named, requestTokens: readonly string[]): IncidentClient =>
  entryOf(secret, { outcome: 'revoked', requestTokens })

/** @param held as what holds it was found; absent: as its tag says. */
export const toClient = (
  secret: Secret,
  outcome: Exclude<JobOutcome<'frozen'>, { outcome: 'later' }>,
  held?: HeldClient,
): IncidentClient => withRemark(endOf(secret, outcome, held?.clientId), held?.remark)

const withRemark = (client: IncidentClient, remark: string | undefined): IncidentClient =>
  remark === undefined ? client : { ...client, why: client.why === undefined ? remark : `${client.why}; ${remark}` }

const endOf = (
  secret: Secret,
  outcome: Exclude<JobOutcome<'frozen'>, { outcome: 'later' }>,
  clientId: string | undefined,
): IncidentClient => {
  const named = { arn: secret.arn, name: secret.name, ...clientNaming(secret, clientId) }
  switch (outcome.outcome) {
    case 'done':
      return revokedClient(named, [outcome.requestToken])
    case 'deadAlready':
      return entryOf(named, {
        outcome: 'deadAlready',
        requestTokens: [],
        why: `Stytch knows no such client and refused its values ${outcome.refusals} times; register another one where it is still needed`,
      })
    case 'skipped':
      return failedClient(named, frozenEnd)
    case 'failed':
      return failedClient(named, jobAdvice[outcome.why])
  }
}

/** Of something that is not there: the ARN that it would have, but for Secrets Manager's six characters. */
export const arnOfName = (rotationFunctionArn: string, name: string): string => {
  const [, partition, , region, account] = rotationFunctionArn.split(':')
  return `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}`
}

export const absentClient = (
  rotationFunctionArn: string,
  named: string,
  why = 'no managed secret is tagged or named so',
): IncidentClient =>
  failedClient(
    { arn: arnOfName(rotationFunctionArn, named), name: named },
    {
      why,
      advice: `find out whose it is, and report that (${RUNBOOK}#leak)`,
    },
  )

/** Of a client that was reported by its id, where the secret that was tried is not known to hold it. */
export const unconfirmedClient = (
  { secretArn, secretName, clientId, requestTokens }: IncidentClient,
  where: string,
): IncidentClient =>
  failedClient(
    { arn: secretArn, name: secretName, ...defined({ clientId }) },
    {
      why: `${clientId} ${where}; what became of ${secretName}, which is tagged for it, shows nothing of its values`,
      advice: `THE LEAKED VALUE MAY STILL BE ACCEPTED: find out whose it is (${RUNBOOK}#leak), then report the leak again under the same incident id`,
    },
    requestTokens,
  )

interface Searched {
  readonly rotationFunctionArn: string
  /** Below which was searched. */
  readonly secretNamePrefix: string
}

/** Whoever reported it believes that something was revoked: it fails, by the name of what was searched. */
export const nobodyClient = ({ rotationFunctionArn, secretNamePrefix: name }: Searched, why: string): IncidentClient =>
  failedClient(
    { arn: arnOfName(rotationFunctionArn, `${name}*`), name },
    {
      why,
      advice: `find out whose it is (m2m incident --leaked-value-stdin), and report that by name (${RUNBOOK}#leak)`,
    },
  )
