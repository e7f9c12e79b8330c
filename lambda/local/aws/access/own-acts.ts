// What AWS's services do by themselves, and whether they may: by the policy of what they act on, or by a role that they assume first. Each names
// what it acts for (`aws:SourceArn`, `aws:SourceAccount`), so that a policy can tell one rule, schedule or alarm from another's.
import type { Identity, Rights } from '../../iam/rights.ts'
import type { Place } from './demand.ts'

export interface ServiceAct {
  /** Such as `events.amazonaws.com`. */
  readonly service: string
  readonly action: string
  readonly resource: string
  /** Of what it acts for. */
  readonly sourceArn: string
}

export interface RoleAct extends Omit<ServiceAct, 'sourceArn' | 'service'> {
  readonly role: Identity
}

export interface ServiceActs {
  /** @returns AWS's sentence; undefined: it may */
  refused(act: ServiceAct): string | undefined
  /** What a service does with the rights of a role. */
  refusedToRole(act: RoleAct): string | undefined
  /** @returns a session of the role, or why its trust policy lets nobody have one; undefined: nobody evaluates it */
  assume(act: Omit<ServiceAct, 'action' | 'resource'> & { readonly roleArn: string }): Identity | string | undefined
  /** Of a role that the service holds already, as Lambda holds a function's. */
  roleOf(roleArn: string, sessionName: string): Identity | undefined
}

/** @param rights absent: everything is allowed. */
export const createServiceActs = (rights: Rights | undefined, { accountId }: Place): ServiceActs => {
  const sourceOf = (sourceArn: string) => ({ 'aws:SourceArn': sourceArn, 'aws:SourceAccount': accountId })
  return {
    refused: ({ service, sourceArn, ...asked }) =>
      rights?.authorize({ ...asked, caller: { service }, context: sourceOf(sourceArn) }).message,
    refusedToRole: ({ role, ...asked }) =>
      rights?.authorize({ ...asked, caller: role, context: { 'aws:ViaAWSService': 'false' } }).message,
    assume: ({ service, roleArn, sourceArn }) => {
      if (rights === undefined) return undefined
      const asked = { caller: { service }, action: 'sts:AssumeRole', resource: roleArn, context: sourceOf(sourceArn) }
      const sessionName = service.replace(/\..*$/, '')
      return rights.authorize(asked).message ?? rights.session(roleArn, sessionName) ?? `There is no role ${roleArn}.`
    },
    roleOf: (roleArn, sessionName) => rights?.session(roleArn, sessionName),
  }
}
