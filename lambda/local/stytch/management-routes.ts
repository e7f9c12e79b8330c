// /pwa/v3: the part of Stytch's Management API that a project's secrets need, by workspace key. Stytch serves it at an address of
// its own (https://management.stytch.com); here it shares the stand-in's, since no path of the two is the same.

import type { StandInRequest } from '../stand-in/server.ts'
import { ApiError } from './api-error.ts'
import { type Area, type Endpoint, type Methods, readJson } from './endpoint.ts'
import { maskedSecret, type ProjectSecretRecord, type ProjectSecrets } from './project-secrets.ts'
import type { SettingsBox } from './settings-box.ts'
import { timestamp } from './timestamp.ts'
import type { Workspace } from './workspace.ts'

export interface ManagementRoutesParts {
  readonly projectId: string
  readonly workspace: Workspace
  readonly secrets: ProjectSecrets
  readonly settings: SettingsBox
}

/** The stand-in's project was made when Stytch's API was: any fixed time does. */
const CREATED_AT = '2024-01-01T00:00:00Z'

export const createManagementRoutes = (parts: ManagementRoutesParts): Area => {
  const { projectId, workspace, secrets, settings: box } = parts
  const { projectSlug, environmentSlug } = workspace.slugs

  const endpoint = (
    op: string,
    subject: string | null,
    body: () => object,
    status: () => number = () => 200,
  ): Endpoint => ({
    op,
    subject,
    credentials: 'workspace',
    limit: 'management',
    answer: () => ({ body: body(), status: status() }),
  })

  const masked = (record: ProjectSecretRecord): object =>
    maskedSecret(record, secrets.shownUsedAt(record), box.current())

  const project = { project_slug: projectSlug, name: 'Stytch stand-in', vertical: 'ALL', created_at: CREATED_AT }
  const environment = {
    environment_slug: environmentSlug,
    project_slug: projectSlug,
    name: 'Stytch stand-in',
    project_id: projectId,
    type: projectId.startsWith('project-live-') ? 'LIVE' : 'TEST',
    created_at: CREATED_AT,
  }

  const checkProject = (slug: string): void => {
    if (slug !== projectSlug) throw new ApiError(404, 'project_not_found')
  }
  const checkEnvironment = (slug: string, environmentName: string): void => {
    checkProject(slug)
    if (environmentName !== environmentSlug) throw new ApiError(404, 'environment_not_found')
  }

  const create = (check: () => void, request: StandInRequest): Endpoint =>
    endpoint(
      'CreateProjectSecret',
      null,
      () => {
        readJson(request)
        check()
        const { record, secret } = secrets.create()
        return { secret: { secret_id: record.secretId, secret, created_at: timestamp(record.createdAt) } }
      },
      () => box.current().createStatus,
    )

  const secretMethods = (check: () => void, secretId: string): Methods => {
    // Who puts a secret's value where its id belongs must not find it among the calls.
    const subject = secrets.isKnown(secretId) ? secretId : null
    return {
      GET: endpoint('GetProjectSecret', subject, () => {
        check()
        return { secret: masked(secrets.get(secretId)) }
      }),
      DELETE: endpoint('DeleteProjectSecret', subject, () => {
        check()
        secrets.remove(secretId)
        return {}
      }),
    }
  }

  const secretsArea = (check: () => void, rest: readonly string[], request: StandInRequest): Methods | undefined => {
    const [secretId, ...more] = rest
    if (secretId === undefined) {
      const list = endpoint('ListProjectSecrets', null, () => {
        check()
        return { secrets: secrets.list().map(masked) }
      })
      return { GET: list, POST: create(check, request) }
    }
    return secretId === '' || more.length > 0 ? undefined : secretMethods(check, secretId)
  }

  const environmentsArea = (slug: string, rest: readonly string[], request: StandInRequest): Methods | undefined => {
    const [name, area, ...more] = rest
    if (name === undefined) {
      const list = endpoint('ListEnvironments', null, () => {
        checkProject(slug)
        return { environments: [environment] }
      })
      return { GET: list }
    }
    const check = (): void => checkEnvironment(slug, name)
    if (area === 'secrets') return secretsArea(check, more, request)
    if (area !== undefined) return undefined
    const get = endpoint('GetEnvironment', null, () => {
      check()
      return { environment }
    })
    return { GET: get }
  }

  return ([api, version, collection, slug, area, ...rest], request) => {
    if (api !== 'pwa' || version !== 'v3' || collection !== 'projects') return undefined
    if (slug === undefined) return { GET: endpoint('ListProjects', null, () => ({ projects: [project] })) }
    if (area === 'environments') return environmentsArea(slug, rest, request)
    if (area !== undefined || slug === '') return undefined
    const get = endpoint('GetProject', null, () => {
      checkProject(slug)
      return { project }
    })
    return { GET: get }
  }
}
