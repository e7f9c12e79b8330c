// What the stand-in plays of IAM and STS, whose protocol is a form and XML: whose credentials these are, and roles, as far as a function made by a
// script needs one. Who may do what is nobody's question here. As in AWS, IAM is signed for us-east-1, and a role that has policies stays.
import { randomUUID } from 'node:crypto'
import type { Operation, StandInReply, StandInRequest } from '../stand-in/server.ts'
import { AwsFault } from './aws-fault.ts'

export interface QueryApi {
  /** @returns undefined when the request is none of these. */
  route(request: StandInRequest): Operation | undefined
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

export interface QueryApiInput {
  readonly accountId: string
  readonly now: () => number
}

const GLOBAL_SCOPE = /Credential=[^/]+\/\d{8}\/us-east-1\/iam\/aws4_request/
const MAX_ROLES_A_PAGE = 100

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const element = (name: string, inner: string): string => `<${name}>${inner}</${name}>`

const xml = (status: number, body: string): StandInReply => ({
  status,
  headers: { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID() },
  body,
})

const faultReply = ({ type, message, status }: AwsFault): StandInReply => {
  const error = element('Type', 'Sender') + element('Code', type) + element('Message', escaped(message))
  return xml(status, element('ErrorResponse', element('Error', error) + element('RequestId', randomUUID())))
}

const shown = ({ name, path, arn, madeAt }: Role): string =>
  element('Path', path) +
  element('RoleName', name) +
  element('Arn', arn) +
  element('CreateDate', new Date(madeAt).toISOString())

export const createQueryApi = ({ accountId, now }: QueryApiInput): QueryApi => {
  const roles = new Map<string, Role>()

  const need = (form: URLSearchParams, name: string): string => {
    const value = form.get(name)
    if (value === null || value === '') throw new AwsFault('ValidationError', `${name} is missing`)
    return value
  }
  const existing = (form: URLSearchParams): Role => {
    const name = need(form, 'RoleName')
    const role = roles.get(name)
    if (role !== undefined) return role
    throw new AwsFault('NoSuchEntity', `The role with name ${name} cannot be found.`, 404)
  }

  const createRole = (form: URLSearchParams): string => {
    const name = need(form, 'RoleName')
    JSON.parse(need(form, 'AssumeRolePolicyDocument'))
    const path = form.get('Path') ?? '/'
    if (roles.has(name)) throw new AwsFault('EntityAlreadyExists', `Role with name ${name} already exists.`, 409)
    const arn = `arn:aws:iam::${accountId}:role${path}${name}`
    const role = { name, path, arn, madeAt: now(), policies: new Set<string>() }
    roles.set(name, role)
    return element('Role', shown(role))
  }
  const listRoles = (form: URLSearchParams): string => {
    const prefix = form.get('PathPrefix') ?? '/'
    const size = Math.min(MAX_ROLES_A_PAGE, Number(form.get('MaxItems') ?? MAX_ROLES_A_PAGE))
    const from = Number(form.get('Marker') ?? 0)
    const all = [...roles.values()].filter(({ path }) => path.startsWith(prefix))
    const page = all.slice(from, from + size)
    const isTruncated = from + size < all.length
    return (
      element('Roles', page.map((role) => element('member', shown(role))).join('')) +
      element('IsTruncated', String(isTruncated)) +
      (isTruncated ? element('Marker', String(from + size)) : '')
    )
  }
  const listPolicies = (form: URLSearchParams): string => {
    const names = [...existing(form).policies].map((name) => element('member', escaped(name)))
    return element('PolicyNames', names.join('')) + element('IsTruncated', 'false')
  }
  const deletePolicy = (form: URLSearchParams): string => {
    const name = need(form, 'PolicyName')
    if (existing(form).policies.delete(name)) return ''
    throw new AwsFault('NoSuchEntity', `The role policy with name ${name} cannot be found.`, 404)
  }
  const deleteRole = (form: URLSearchParams): string => {
    const { name, policies } = existing(form)
    if (policies.size > 0) {
      throw new AwsFault('DeleteConflict', 'Cannot delete entity, must delete policies first.', 409)
    }
    roles.delete(name)
    return ''
  }

  const actions: Readonly<Record<string, (form: URLSearchParams) => string>> = {
    CreateRole: createRole,
    PutRolePolicy: (form) => {
      JSON.parse(need(form, 'PolicyDocument'))
      existing(form).policies.add(need(form, 'PolicyName'))
      return ''
    },
    ListRoles: listRoles,
    ListRolePolicies: listPolicies,
    DeleteRolePolicy: deletePolicy,
    DeleteRole: deleteRole,
  }
  const callerIdentity = (accessKey: string): string =>
    element('Arn', `arn:aws:sts::${accountId}:assumed-role/${accessKey}/session`) +
    element('UserId', `AROALAPTOP:${accessKey}`) +
    element('Account', accountId)

  const answer = (action: string, form: URLSearchParams, authorization: string): string => {
    if (action === 'GetCallerIdentity')
      return callerIdentity(/Credential=([^/]+)\//.exec(authorization)?.[1] ?? 'unknown')
    const act = actions[action]
    if (act === undefined) throw new AwsFault('InvalidAction', `Could not find operation ${action}`)
    if (!GLOBAL_SCOPE.test(authorization)) {
      throw new AwsFault('SignatureDoesNotMatch', "Credential should be scoped to a valid region, not this one's.", 403)
    }
    return act(form)
  }

  return {
    route: ({ method, path, headers, body }) => {
      const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
      const form = method === 'POST' && path === '/' && isForm ? new URLSearchParams(body) : undefined
      const action = form?.get('Action') ?? undefined
      if (form === undefined || action === undefined) return undefined
      return {
        op: action,
        subject: form.get('RoleName'),
        run: () => {
          try {
            const result = element(`${action}Result`, answer(action, form, headers.authorization ?? ''))
            return xml(200, element(`${action}Response`, result))
          } catch (error) {
            if (error instanceof AwsFault) return faultReply(error)
            throw error
          }
        },
      }
    },
    roleMadeAt: (roleArn) => [...roles.values()].find(({ arn }) => arn === roleArn)?.madeAt,
    clear: () => roles.clear(),
  }
}
