// What the stand-in plays of IAM: roles, as far as a function made by a script needs one. It does not decide who may do what. As in AWS,
// it is signed for us-east-1, and a role that has policies stays.
import { AwsFault } from './aws-fault.ts'
import type { QueryOperations, QueryService, XmlValue } from './query-protocol.ts'

export interface Roles {
  readonly query: QueryService
  /** When a role was made, epoch milliseconds; undefined: there is no such role. */
  roleMadeAt(roleArn: string): number | undefined
  clear(): void
}

interface Role {
  readonly name: string
  readonly path: string
  readonly arn: string
  readonly madeAt: number
  readonly policies: Set<string>
}

const MAX_ROLES_A_PAGE = 100

const shown = ({ name, path, arn, madeAt }: Role): XmlValue => ({
  Path: path,
  RoleName: name,
  Arn: arn,
  CreateDate: new Date(madeAt).toISOString(),
})

const need = (form: URLSearchParams, name: string): string => {
  const value = form.get(name)
  if (value === null || value === '') throw new AwsFault('ValidationError', `${name} is missing`)
  return value
}

export const createRoles = ({ accountId, now }: { readonly accountId: string; readonly now: () => number }): Roles => {
  const roles = new Map<string, Role>()

  const existing = (form: URLSearchParams): Role => {
    const name = need(form, 'RoleName')
    const role = roles.get(name)
    if (role !== undefined) return role
    throw new AwsFault('NoSuchEntity', `The role with name ${name} cannot be found.`, 404)
  }

  const operations: QueryOperations = {
    CreateRole: (form) => {
      const name = need(form, 'RoleName')
      JSON.parse(need(form, 'AssumeRolePolicyDocument'))
      const path = form.get('Path') ?? '/'
      if (roles.has(name)) throw new AwsFault('EntityAlreadyExists', `Role with name ${name} already exists.`, 409)
      const arn = `arn:aws:iam::${accountId}:role${path}${name}`
      const role = { name, path, arn, madeAt: now(), policies: new Set<string>() }
      roles.set(name, role)
      return { Role: shown(role) }
    },
    PutRolePolicy: (form) => {
      JSON.parse(need(form, 'PolicyDocument'))
      existing(form).policies.add(need(form, 'PolicyName'))
      return {}
    },
    ListRoles: (form) => {
      const prefix = form.get('PathPrefix') ?? '/'
      const size = Math.min(MAX_ROLES_A_PAGE, Number(form.get('MaxItems') ?? MAX_ROLES_A_PAGE))
      const from = Number(form.get('Marker') ?? 0)
      const all = [...roles.values()].filter(({ path }) => path.startsWith(prefix))
      const isTruncated = from + size < all.length
      return {
        Roles: all.slice(from, from + size).map(shown),
        IsTruncated: isTruncated,
        Marker: isTruncated ? String(from + size) : undefined,
      }
    },
    ListRolePolicies: (form) => ({ PolicyNames: [...existing(form).policies], IsTruncated: false }),
    DeleteRolePolicy: (form) => {
      const name = need(form, 'PolicyName')
      if (existing(form).policies.delete(name)) return {}
      throw new AwsFault('NoSuchEntity', `The role policy with name ${name} cannot be found.`, 404)
    },
    DeleteRole: (form) => {
      const { name, policies } = existing(form)
      if (policies.size > 0) {
        throw new AwsFault('DeleteConflict', 'Cannot delete entity, must delete policies first.', 409)
      }
      roles.delete(name)
      return {}
    },
  }

  return {
    query: { signedFor: 'iam', denied: 'AccessDenied', onlyRegion: 'us-east-1', operations },
    roleMadeAt: (roleArn) => [...roles.values()].find(({ arn }) => arn === roleArn)?.madeAt,
    clear: () => roles.clear(),
  }
}
