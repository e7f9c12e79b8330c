// Every failure that somebody has to know about: which notice reports it, how long the system takes to find it, how its end shows, and which test
// provokes it. What a notice says and how long its alarm takes is in the template (notice-page.ts). What has no notice is in `noticeGaps`.
import type { ReportedKind } from '../../lambda/core/sweep/reports.ts'

const SWEEP = 15
/** CloudTrail hands an event to EventBridge within some minutes (its user guide: "typically within 5 minutes"). */
const TRAIL = 15
/** Once a day, and as long as one may take before it reports. */
const ROUND = 6 * 60

export interface NoticeRow {
  readonly failure: string
  /** Its id in the template, without what CDK puts around it. */
  readonly notice: string
  /** Of a digest: the kind that it is there, and in the day's summary. */
  readonly finding?: ReportedKind
  /** Minutes from the failure until the event or the metric of it is there, at most; the alarm's own periods are added. */
  readonly within: number
  /** How its end is said; of alarms and findings that is their own. */
  readonly over?: string
  /** When it is said again though it is the same. */
  readonly again?: string
  readonly test: readonly [file: string, title: string]
}

const ended = 'one more message: the end'
const byHand = 'as the finding that it causes'
const itself = 'no end'
const fixed = '`Rotation Completed` on the bus; otherwise it becomes overdue'

const digest = (finding: ReportedKind, failure: string, test: NoticeRow['test'], within = SWEEP): NoticeRow => ({
  failure,
  notice: 'SweepDigest',
  finding,
  within,
  test,
})

const rotations: readonly NoticeRow[] = [
  {
    failure: 'A rotation is refused: an inactive client, an unknown position, a malformed value',
    notice: 'RotationRefused',
    within: 1,
    over: fixed,
    again: 'not for the same reason',
    test: ['test/core/rotation/refused-before.test.ts', 'for the same reason every day is news the first time alone'],
  },
  {
    failure: 'A rotation finds that somebody changed the client at Stytch',
    notice: 'Drift',
    within: 1,
    over: fixed,
    again: 'not for the same reason',
    test: [
      'test/crash/sweep.long.test.ts',
      'who brought drift about is told of, again and again but not at each sweep, and nothing is started',
    ],
  },
  {
    failure: 'Secrets Manager abandons a rotation: somebody stored a version meanwhile',
    notice: 'RotationStuck',
    within: TRAIL,
    over: 'the sweep ends it, or reports it in the digest',
    test: ['test/stack/trail-notices.test.ts', 'one that was abandoned raises a notice'],
  },
  {
    failure: 'A changed rotation schedule fails its test',
    notice: 'ScheduleRefused',
    within: TRAIL,
    over: itself,
    test: ['test/stack/trail-notices.test.ts', 'the test of a rotation that failed raises a notice'],
  },
  {
    failure: 'The rotation function fails: an outage, a refused project secret, a missing key',
    notice: 'RotationErrors',
    within: 1,
    test: ['test/handlers/handle-step.test.ts', 'a refusal counts as one, and a failure as a step that failed'],
  },
  {
    failure: 'Too many rotations run at once',
    notice: 'RotationThrottles',
    within: 1,
    test: ['test/local/aws/concurrency.test.ts', 'is throttled with 429 and its reason, until another has ended'],
  },
  {
    failure: 'A rotation step almost times out',
    notice: 'RotationNearTimeout',
    within: 2,
    test: [
      'test/local/aws/durable-timeouts.test.ts',
      'is cut off and followed by another, which goes on from the last checkpoint and is metered',
    ],
  },
  {
    failure: 'The rotation of the project secret fails',
    notice: 'ProjectRotationErrors',
    within: 1,
    test: ['test/handlers/handle-step.test.ts', 'a refusal counts as one, and a failure as a step that failed'],
  },
  {
    failure: 'The registrar cannot answer CloudFormation',
    notice: 'RegistrarErrors',
    within: 60,
    test: ['test/handlers/on-client-resource.test.ts', 'fails, to be run again, when its answer is never taken'],
  },
]

const secrets: readonly NoticeRow[] = [
  digest('secretDead', 'Stytch refuses AWSCURRENT: rotated in the dashboard, or an older value put back', [
    'test/core/sweep/check-fleet.test.ts',
    'that a colleague rotated and completed in the Stytch dashboard',
  ]),
  digest('clientGone', 'The client was deleted at Stytch', [
    'test/core/sweep/check-fleet.test.ts',
    'that the client was deleted, or belongs to another secret',
  ]),
  digest('clientForeign', 'The client belongs to another secret', [
    'test/core/sweep/check-fleet.test.ts',
    'that the client was deleted, or belongs to another secret',
  ]),
  digest('secretDeleted', 'The secret of a live client is scheduled for deletion', [
    'test/core/sweep/check-fleet.test.ts',
    'is reported while Stytch accepts its value, and not in every sweep',
  ]),
  digest('projectSecretRefused', 'Stytch refuses the project secret', [
    'test/core/sweep/check-fleet.test.ts',
    'that Stytch refuses the project secret, as a fact of its own, and once for all who cannot be checked',
  ]),
  digest('revokedAlive', 'Stytch accepts a revoked value again', [
    'test/core/sweep/owed-proofs.test.ts',
    'reports a revoked value that is accepted at once, every time, as a settle that does not hold',
  ]),
  digest(
    'settleRefusing',
    'The settle after an overlap is refused',
    ['test/core/sweep/due.test.ts', 'is told once two sweeps have passed, and says since when'],
    3 * SWEEP,
  ),
  digest('stuck', 'A rotation is stuck, and the sweep may not end it', [
    'test/core/sweep/sweep.test.ts',
    'whose value is the only one that works is left where it is, and told of',
  ]),
  digest('overdue', 'A secret is older than 1.25 × its period', [
    'test/core/sweep/due.test.ts',
    'it is overdue a quarter after its period',
  ]),
  digest('rotationOff', 'Rotation was switched off, or given to another function', [
    'test/core/sweep/sweep-digest.test.ts',
    'of three hundred secrets that were switched off is one, with a count, a few names and a command',
  ]),
  digest('heldTooLong', 'A hold is older than a week', [
    'test/core/sweep/due.test.ts',
    'it is on hold for too long after a week, and not overdue meanwhile',
  ]),
  digest('valueMalformed', 'A value stored by hand would be refused by a planned rotation', [
    'test/core/sweep/check-fleet.test.ts',
    'and many of them are no outage of Stytch',
  ]),
  digest(
    'policyForeign',
    'The policy of a secret is not the stage’s',
    [
      'test/core/sweep/look-at-policies.test.ts',
      'every policy is looked at once in a round of sweeps, a share in each',
    ],
    ROUND + SWEEP,
  ),
  digest(
    'replicaBehind',
    'A replica does not have the new value',
    ['test/core/sweep/replica-looks.test.ts', 'is reported within a round of sweeps, and again the next day'],
    ROUND + SWEEP,
  ),
  digest('adoptionUnproven', 'An overlap ended before every consumer was seen to move', [
    'test/core/sweep/await-adoption.test.ts',
    'is given up when they have had their time',
  ]),
  {
    failure: 'Any of these lasts',
    notice: 'DailySummary',
    within: 24 * 60,
    over: 'not in the summary',
    again: 'once a day',
    test: [
      'test/core/sweep/sweep-digest.test.ts',
      'names what is open, the oldest first and since when, once a day, also when every sweep is run twice',
    ],
  },
  {
    failure: '… and all of it is over',
    notice: 'DailySummary',
    within: 24 * 60,
    over: 'this is the end',
    test: [
      'test/core/sweep/sweep-digest.test.ts',
      'says once that it is over, also of what began and ended between two of them',
    ],
  },
]

const planned: readonly NoticeRow[] = [
  digest('frozen', 'A freeze is older than a day', [
    'test/core/sweep/sweep-digest.test.ts',
    'that lasts for a day is reported, with its own date, and then in the summaries',
  ]),
  digest(
    'freezeUnreadable',
    'The freeze cannot be read',
    ['test/core/sweep/sweep-digest.test.ts', 'that cannot be read for an hour is reported, and not for one sweep'],
    60 + SWEEP,
  ),
  {
    failure: 'Neither the freeze nor the records table can be read',
    notice: 'FreezeUnreadable',
    within: SWEEP,
    test: ['test/e2e/sweep.test.ts', 'that nobody can read stops what is planned, and no revoke'],
  },
  digest('campaignMissing', 'The schedule of the periodic campaign is disabled or deleted', [
    'test/core/sweep/stage-check.test.ts',
    'a schedule of campaigns that was disabled is reported by the next sweep, and every day until it is back',
  ]),
  {
    failure: 'A campaign stops early, or some of its clients fail',
    notice: 'CampaignFailed',
    within: 1,
    over: 'no such report of the next campaign',
    again: 'daily campaign: on Mondays, and what is new',
    test: ['test/core/campaign/campaign-report.test.ts', 'the periodic campaign of each day says so on Mondays alone'],
  },
  {
    failure: 'An execution of a campaign fails',
    notice: 'CampaignExecutionFailed',
    within: 1,
    test: ['test/local/aws/durable.test.ts', 'that fails is told to who asks, and lies with the dead letters'],
  },
  {
    failure: 'A campaign runs for too long',
    notice: 'CampaignTimedOut',
    within: 1,
    test: [
      'test/local/aws/durable-timeouts.test.ts',
      'ends as timed out while it waits, is told so, and lies with the dead letters',
    ],
  },
  {
    failure: 'A campaign is stopped in Lambda',
    notice: 'CampaignStopped',
    within: 1,
    test: ['test/local/aws/durable.test.ts', 'can be asked for by its function, and stopped'],
  },
  {
    failure: 'A campaign cannot be started',
    notice: 'CampaignDeadLetters',
    within: ROUND,
    test: ['test/local/aws/concurrency.test.ts', 'lies with the dead letters once it is six hours old'],
  },
]

const incidents: readonly NoticeRow[] = [
  {
    failure: 'A leak is reported',
    notice: 'IncidentBegun',
    within: 1,
    over: ended,
    test: [
      'test/core/incident/notices.test.ts',
      'is mailed when it begins, with who, why, whom and until when, and when it has ended',
    ],
  },
  {
    failure: '… and the leaked values are refused',
    notice: 'IncidentEnded',
    within: 1,
    over: 'this is the end',
    test: ['test/core/incident/notices.test.ts', 'of thirty clients'],
  },
  {
    failure: '… and confirmed dead later',
    notice: 'RevokeConfirmed',
    within: 2 * SWEEP,
    over: 'this is the end',
    test: ['test/e2e/incident-notices.long.test.ts', 'of two clients, and then that they are confirmed'],
  },
  {
    failure: '… and some leaked values may still work',
    notice: 'IncidentFailed',
    within: 1,
    over: 'the end of the repeated report',
    test: [
      'test/core/incident/notices.test.ts',
      'one of which cannot be revoked ends with whose value may be alive, why, and what to do',
    ],
  },
  {
    failure: '… with a grace that was stopped: the leaked values stay accepted',
    notice: 'IncidentFailed',
    within: 1,
    over: 'the end of the repeated report',
    test: [
      'test/core/incident/notices.test.ts',
      'with a grace, stopped in it: what leaked of each stays accepted, until the sweep',
    ],
  },
  {
    failure: '… while Stytch or AWS is down',
    notice: 'IncidentDelayed',
    within: 15,
    over: ended,
    test: [
      'test/core/incident/notices.test.ts',
      'that begins before anybody knows whom it is about is mailed: begun, delayed, ended',
    ],
  },
  {
    failure: 'A report is malformed, or selects more than its reporter may, or nobody',
    notice: 'LeakReportRefused',
    within: 1,
    over: 'the begin of the repeated report',
    test: [
      'test/core/incident/notices.test.ts',
      'and holds nothing of it that breaks a mail, or that is as long as a secret',
    ],
  },
  {
    failure: 'A report waits: the incident function fails, or is busy',
    notice: 'IncidentWaits',
    within: 2,
    test: ['test/local/aws/concurrency.test.ts', 'is tried again until there is room, and has its own tries left'],
  },
  {
    failure: 'Reports are throttled for ten minutes',
    notice: 'IncidentThrottles',
    within: 1,
    test: ['test/local/aws/concurrency.test.ts', 'is tried again until there is room, and has its own tries left'],
  },
  {
    failure: 'A report fails three times',
    notice: 'IncidentDeadLetters',
    within: ROUND,
    test: [
      'test/core/incident/outage.test.ts',
      'without campaigns is outlasted by three executions, and ends with the dead letters after them',
    ],
  },
  {
    failure: 'Searches for leaked values are throttled',
    notice: 'IdentifyThrottles',
    within: 1,
    test: ['test/local/aws/concurrency.test.ts', 'is throttled with 429 and its reason, until another has ended'],
  },
  {
    failure: 'A detector’s leak has no known client, or cannot be fetched or searched for',
    notice: 'LeakUnresolved',
    within: 1,
    over: 'the incident that a person reports',
    test: ['test/e2e/leak-intake.long.test.ts', 'that is nobody’s pages a person'],
  },
  {
    failure: 'The intake holds leaks: too many within an hour',
    notice: 'IntakeHeld',
    within: 1,
    over: 'the begin of each released incident',
    test: ['test/e2e/leak-intake.long.test.ts', 'shuts after ten incidents within the hour, and stays shut'],
  },
  {
    failure: 'A held leak is not recorded',
    notice: 'HeldNotRemembered',
    within: 1,
    over: 'the incident that a person reports',
    test: ['test/e2e/leak-intake.long.test.ts', 'holds the leak, and says that a release will not report it'],
  },
  {
    failure: 'The intake fails deliveries',
    notice: 'IntakeFailures',
    within: 1,
    test: [
      'test/core/intake/take-leak-report.test.ts',
      'the bus: nobody was told, so it throws, and the same delivery may come again',
    ],
  },
  {
    failure: 'The intake refuses many deliveries',
    notice: 'IntakeRefusals',
    within: 60,
    test: ['test/e2e/leak-intake.long.test.ts', 'leaves the reason in the log, and neither signature nor body'],
  },
]

const foundation: readonly NoticeRow[] = [
  digest(
    'checkFailed',
    'The rotation function cannot read a value, or try it at Stytch',
    ['test/core/sweep/round-trips.test.ts', 'that cannot be tried is reported after an hour, since %s'],
    13 * 60 + SWEEP,
  ),
  digest('checkFailed', 'A rule or a key is disabled, or no subscription is confirmed', [
    'test/adapters/aws/stage-parts.test.ts',
    '%s: %j',
  ]),
  {
    failure: 'Somebody deletes a secret, cancels its rotation, or replaces its policy',
    notice: 'SecretChangedByHand',
    within: TRAIL,
    over: byHand,
    test: ['test/stack/trail-notices.test.ts', 'the mail names the call, the secret and who it was'],
  },
  {
    failure: '… of a secret of the stage itself',
    notice: 'OwnSecretChanged',
    within: TRAIL,
    over: byHand,
    test: ['test/stack/trail-notices.test.ts', "the stage's own: %s"],
  },
  {
    failure: 'Somebody disables a key, a rule or a schedule, or deletes the bus',
    notice: 'FoundationChanged',
    within: TRAIL,
    over: byHand,
    test: ['test/stack/trail-notices.test.ts', '%s %s %j raises a notice, by a person and by the root user'],
  },
  {
    failure: 'The break-glass role was used',
    notice: 'BreakGlassUsed',
    within: TRAIL,
    over: itself,
    again: 'for each call',
    test: ['test/stack/failure-alarms.test.ts', 'is watched when it reads, which rules do not see by default'],
  },
  {
    failure: 'The sweep does not run, or does not finish',
    notice: 'SweepStopped',
    within: SWEEP,
    test: [
      'test/stack/sweep.test.ts',
      'when it stops: three periods without a sweep that got through, or without any figure at all',
    ],
  },
  {
    failure: 'A part of the stage is broken, and no digest can arrive',
    notice: 'StageBroken',
    within: SWEEP,
    test: ['test/handlers/sweep-metrics.test.ts', 'what the stage stands on is counted apart from the sign of life'],
  },
  {
    failure: 'A sweep failed twice, or could not be started',
    notice: 'SweepDeadLetters',
    within: SWEEP,
    test: ['test/core/sweep/sweep.test.ts', 'without end, from the first page on: it fails'],
  },
  {
    failure: 'The sweep cannot do what is due for some secret',
    notice: 'SweepFailures',
    within: SWEEP,
    test: ['test/core/sweep/sweep.test.ts', 'stops no other, and is named'],
  },
  {
    failure: 'The sweep cannot record what it reported',
    notice: 'ReportsForgotten',
    within: SWEEP,
    test: [
      'test/core/sweep/sweep-digest.test.ts',
      'of what could not be remembered comes again, under the same id on the same day',
    ],
  },
  {
    failure: 'The records table does not answer a rotation',
    notice: 'RecordsUnavailable',
    within: 1,
    test: ['test/e2e/proofs.long.test.ts', 'goes through while DynamoDB is down, and counts that'],
  },
  {
    failure: 'The proof of a revoke cannot be signed or stored',
    notice: 'ProofPending',
    within: 1,
    test: [
      'test/e2e/proofs.long.test.ts',
      'ends while KMS is down; a sweep counts the proof as owed, and one after KMS is back has it made',
    ],
  },
  {
    failure: '… not by the sweep either',
    notice: 'ProofsOwed',
    within: SWEEP,
    test: [
      'test/e2e/proofs.long.test.ts',
      'ends while KMS is down; a sweep counts the proof as owed, and one after KMS is back has it made',
    ],
  },
  {
    failure: 'Evidence cannot be archived',
    notice: 'EvidenceNotArchived',
    within: 15,
    test: ['test/e2e/evidence.long.test.ts', 'is retried, and no evidence is lost'],
  },
  {
    failure: '… nor kept in its queue',
    notice: 'EvidenceNotKept',
    within: 15,
    test: ['test/stack/failure-alarms.test.ts', 'rests on a metric that AWS publishes'],
  },
  {
    failure: 'A notice or a leak report cannot be delivered for six hours (lib/base/rule-targets.ts), or is denied',
    notice: 'DeadLetters',
    within: 6 * 60,
    test: [
      'test/stack/failure-alarms.test.ts',
      'goes to the topic, keeps what could not be delivered, and says where to read on',
    ],
  },
  {
    failure: 'Reads cannot be recorded',
    notice: 'ReadsNotRecorded',
    within: 15,
    test: ['test/core/sweep/note-reads.test.ts', 'what could not be written is written by the next telling'],
  },
]

const vending: readonly NoticeRow[] = [
  {
    failure: 'The list of revocations cannot be written',
    notice: 'RevocationsUnpublished',
    within: 1,
    test: [
      'test/core/rotation/publish-revoked.test.ts',
      'ends although the list cannot be written, and that is counted',
    ],
  },
  {
    failure: 'The vendor crashes',
    notice: 'VendErrors',
    within: 1,
    test: ['test/stack/vendor.test.ts', 'has its alarms, and each a page of the runbook'],
  },
  {
    failure: 'Five vends fail within five minutes',
    notice: 'VendFailures',
    within: 1,
    test: [
      'test/stack/failure-alarms.test.ts',
      'of the vendor: five within five minutes, or any in two times five minutes of an hour',
    ],
  },
  {
    failure: '… fewer do, repeatedly',
    notice: 'VendKeepsFailing',
    within: 1,
    test: [
      'test/stack/failure-alarms.test.ts',
      'of the vendor: five within five minutes, or any in two times five minutes of an hour',
    ],
  },
]

export const noticeRows: Readonly<Record<string, readonly NoticeRow[]>> = {
  Rotations: rotations,
  'Secrets and clients': secrets,
  'Planned work': planned,
  'Leaks and incidents': incidents,
  'The stage itself': foundation,
  'Token vendor': vending,
}

/** What takes longer than a day, or has no notice, and why that is so. */
export const noticeGaps: readonly string[] = [
  'An event that is lost on the way to the bucket without any error is found when the next day’s summary does not arrive there, after at most 24 h 30 min (`broken part of the stage`).',
]
