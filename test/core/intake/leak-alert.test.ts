// What is taken from a signed delivery, and what is not: the detectors' documented shapes, and everything that is off about others.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { detectorSlug, readAlert, unreadableIncidentId } from '../../../lambda/core/intake/leak-alert.ts'
import type { Detector } from '../../../lambda/core/intake/leak-delivery.ts'

const watched = ['stytch_m2m_client_secret']
const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/leaks/${name}.json`, import.meta.url), 'utf8')) as Record<
    string,
    object
  >

const read = (detector: Detector, json: unknown, event = 'secret_scanning_alert') =>
  readAlert(detector, { headers: { 'x-github-event': event }, body: Buffer.from(JSON.stringify(json)) }, watched)
const alertOf = (detector: Detector, json: unknown) => {
  const reading = read(detector, json)
  if (!reading.ok || reading.value === 'ignored') throw new Error(JSON.stringify(reading))
  return reading.value
}
const faultsOf = (detector: Detector, json: unknown): readonly string[] => {
  const reading = read(detector, json)
  if (reading.ok) throw new Error('expected faults')
  return reading.refusal
}

describe('GitHub', () => {
  const created = fixture('github-alert-created')

  test('names the alert, and where its value lies', () => {
    expect(alertOf('github', created)).toEqual({
      detector: 'github',
      incidentId: expect.stringMatching(/^leak-github-[0-9a-f]{32}$/),
      reference: 'github.com/octo-org/billing-job/security/secret-scanning/42',
      place: { repository: 'octo-org/billing-job', alertNumber: 42, installationId: 37512345 },
    })
  })

  test('gives the same incident for the same alert, whatever happened to it', () => {
    const again = { ...created, action: 'publicly_leaked', sender: {} }
    const other = { ...created, alert: { ...created.alert, number: 43 } }

    expect(alertOf('github', again).incidentId).toBe(alertOf('github', created).incidentId)
    expect(alertOf('github', other).incidentId).not.toBe(alertOf('github', created).incidentId)
  })

  test('with the value in the delivery needs no fetching', () => {
    const alert = alertOf('github', { ...created, alert: { ...created.alert, secret: 'leaked' } })

    expect(alert.proof?.kind === 'value' && alert.proof.value.reveal()).toBe('leaked')
  })

  test.each([
    ['resolved', fixture('github-alert-resolved'), 'secret_scanning_alert'],
    ['assigned', { ...created, action: 'assigned' }, 'secret_scanning_alert'],
    [
      'of another type',
      { ...created, alert: { ...created.alert, secret_type: 'aws', secret_type_display_name: 'AWS' } },
      'secret_scanning_alert',
    ],
    ['a push', created, 'push'],
    ['a ping', { zen: '' }, 'ping'],
  ])('is ignored when %s', (_, json, event) => {
    expect(read('github', json, event)).toEqual({ ok: true, value: 'ignored' })
  })

  test('is watched by the name of its type as well', () => {
    const alert = { ...created.alert, secret_type: 'custom_17', secret_type_display_name: 'Stytch M2M client secret' }

    expect(alertOf('github', { ...created, alert }).place?.alertNumber).toBe(42)
  })

  test('has every fault told, and nothing quoted', () => {
    const faults = faultsOf('github', { alert: { number: 'canary' }, repository: { full_name: '../canary' } })

    expect(faults.map((fault) => fault.split(':')[0])).toEqual([
      'action',
      'alert.number',
      'alert.secret_type',
      'repository.full_name',
    ])
    expect(faults.join()).not.toContain('canary')
  })

  test.each(['octo-org', 'octo/..', '../octo', 'octo/../x', 'a/b/c', 'a/b?x', 'a /b', 'https://evil.example/a'])(
    'has no repository called %j',
    (name) => {
      expect(faultsOf('github', { ...created, repository: { full_name: name } })).toHaveLength(1)
    },
  )
})

describe('GitGuardian', () => {
  const triggered = fixture('gitguardian-incident-triggered')
  const hash = 'ab'.repeat(32)
  const withHash = { ...triggered, incident: { ...triggered.incident, hmsl_hash: hash.toUpperCase() } }

  test('brings a hash of the value', () => {
    expect(alertOf('gitguardian', withHash)).toEqual({
      detector: 'gitguardian',
      incidentId: expect.stringMatching(/^leak-gitguardian-[0-9a-f]{32}$/),
      reference: 'dashboard.gitguardian.com/workspace/1/incidents/31542',
      proof: { kind: 'hmsl', hash },
    })
  })

  test('joins a new occurrence to its incident', () => {
    expect(alertOf('gitguardian', fixture('gitguardian-new-occurrence')).incidentId).toBe(
      alertOf('gitguardian', withHash).incidentId,
    )
  })

  test('without a readable hash proves nothing', () => {
    expect(alertOf('gitguardian', triggered)).not.toHaveProperty('proof')
  })

  test('repeats no address but that of an incident', () => {
    const incident = { ...triggered.incident, gitguardian_url: 'https://evil.example/canary' }

    expect(alertOf('gitguardian', { ...triggered, incident }).reference).toBe('GitGuardian incident 31542')
  })

  test.each([
    ['resolved', { ...triggered, action: 'incident_resolved' }],
    ['about another detector', { ...triggered, incident: { ...triggered.incident, detector: { name: 'aws_iam' } } }],
    ['its test message', fixture('gitguardian-test-message')],
  ])('is ignored when it is %s', (_, json) => {
    expect(read('gitguardian', json)).toEqual({ ok: true, value: 'ignored' })
  })

  test('in its older form brings value and client id', () => {
    const matches = [
      { type: 'client_id', match: 'm2m-client-test-1' },
      { type: 'client_secret', match: 'leaked' },
    ]
    const alert = alertOf('gitguardian', {
      ...fixture('gitguardian-test-message'),
      type: 'Stytch M2M client secret',
      matches,
    })

    expect(alert.proof?.kind === 'value' && alert.proof.value.reveal()).toBe('leaked')
    expect(alert.clientId).toBe('m2m-client-test-1')
  })

  test('has every fault told', () => {
    expect(faultsOf('gitguardian', { incident: {} })).toHaveLength(3)
  })
})

describe('the plain form', () => {
  test('brings a value, and perhaps a client id', () => {
    const alert = alertOf('plain', { alertId: 'ticket/17', value: 'leaked', clientId: 'm2m-client-test-1' })

    expect(alert.proof?.kind === 'value' && alert.proof.value.reveal()).toBe('leaked')
    expect(alert).toMatchObject({ clientId: 'm2m-client-test-1', reference: 'plain report ticket/17' })
  })

  test.each([
    [{ alertId: 'a', value: 'v', hmslHash: 'ab'.repeat(32) }, 'expected either value or hmslHash'],
    [{ alertId: 'a', value: '' }, 'value is malformed'],
    [{ alertId: 'a', value: 7 }, 'value is malformed'],
    [{ alertId: 'a', hmslHash: 'canary' }, 'hmslHash is malformed'],
    [{ alertId: 'a b', value: 'v' }, 'alertId: expected'],
    [{ value: 'v' }, 'alertId: expected'],
    [{ alertId: 'a', value: 'v', canary: 1 }, 'a field is unknown'],
    [{ alertId: 'a', value: 'v', clientId: 7 }, 'clientId: expected'],
  ])('is refused when it is %j', (json, expected) => {
    const faults = faultsOf('plain', json)

    expect(faults).toEqual([expect.stringContaining(expected)])
    expect(faults.join()).not.toContain('canary')
  })

  test('without a value is an alert that proves nothing', () => {
    expect(alertOf('plain', { alertId: 'a', clientId: 'c' })).not.toHaveProperty('proof')
  })

  test('repeats nothing that holds the value', () => {
    const alert = alertOf('plain', { alertId: 'see-leaked-value', value: 'leaked-value', clientId: 'x-leaked-value' })

    expect(JSON.stringify({ reference: alert.reference, clientId: alert.clientId })).not.toContain('leaked-value')
  })
})

test.each(['', 'text', '[]', 'null', '"x"'])('a body like %j is no alert', (text) => {
  const reading = readAlert('plain', { headers: {}, body: Buffer.from(text) }, watched)

  expect(reading).toEqual({ ok: false, refusal: ['the body: expected a JSON object'] })
})

test('one that cannot be read is called by its delivery', () => {
  expect(unreadableIncidentId('plain', 'r1')).toMatch(/^leak-plain-[0-9a-f]{32}$/)
  expect(unreadableIncidentId('plain', 'r1')).not.toBe(unreadableIncidentId('plain', 'r2'))
})

test('a type’s name and its slug are the same', () => {
  expect(detectorSlug('Stytch M2M client secret')).toBe('stytch_m2m_client_secret')
  expect(detectorSlug('--Stytch: m2m/client.secret!')).toBe('stytch_m2m_client_secret')
})
