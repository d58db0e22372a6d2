// The words of the page in its two languages, and numbers, dates and money by the place's zone.
// Every key exists in both languages; a test compares them.

const words = {
  en: {
    title: 'Boomgate: car parks, live',
    language: 'Language', places: 'Car parks',
    reconnecting: 'Reconnecting. The last known values are shown.',
    signIn: 'Sign in', signedIn: 'Signed in', signOut: 'Sign out', token: 'Access token',
    tokenHint: 'Shows money and full plates. The token stays in this tab and is forgotten when you close it.',
    tokenBad: 'This token is not known.',
    emptyTitle: 'No car park yet',
    emptyText: 'Each car park will have a card here that fills and empties as cars come and go. Create the first one on this machine:',
    free: 'Free', filling: 'Filling', full: 'Full', closed: 'Closed',
    freeUnit: 'free', of: 'of {n} spaces',
    taken: 'parked', coming: 'coming in', left: 'free',
    barLabel: '{taken} parked, {coming} coming in, {free} free of {n}',
    counted: 'By loops', derived: 'By stays', drift: 'Drift',
    recent: 'Last 15 min', arrivals: '{n} in', departures: '{n} out',
    day: 'Parked, last {span}', dayLabel: 'Cars parked over the last {span}: now {now}, most {max}',
    down: 'arm down', up: 'arm up', moving: 'arm moving', fault: 'fault', offline: 'offline', unknown: 'not known yet',
    entry: 'entry', exit: 'exit', reversible: 'both ways', since: 'last heard {age} ago',
    noLanes: 'No lane has reported yet. Lanes appear here when their edge connects.',
    moneyToday: 'Charged today', debts: 'Open debts', debtsNone: 'none', debtsSome: '{n} · {sum}',
    turnedAway: 'Turned away',
    updated: 'Updated {time}', stale: 'Not live: {age} old',
    degraded: 'Needs attention',
    allQuiet: 'All quiet', allQuietSince: 'All quiet since {time}', more: '{first} (+{n} more)',
    alarmEdge: '{place}: no word from {edge}', alarmLane: '{place}: lane {lane} fault',
    alarmLaneOffline: '{place}: lane {lane} offline',
    alarmDrift: '{place}: counts differ by {n}', alarmStopped: '{place}: offers stopped, see the log',
    alarmBreaker: 'The payment provider is not answering; exits are recorded as debts or held',
    movements: 'Latest movements', movementsNone: 'Cars will be listed here as they pass.',
    noPlate: 'no plate',
    in: 'In', out: 'Out', turned: 'Turned away', backedOut: 'Backed out', tailgated: 'Followed without a space',
    wrongWay: 'Wrong way', manual: 'Opened by hand', evacuated: 'Evacuation', uncertain: 'Not certain', waiting: 'At the gate',
    reasons: { full: 'full', please_wait: 'please wait', no_credential: 'no plate read', declined: 'payment declined', no_account: 'no payment account', payment: 'waiting for payment', no_session: 'no stay found', ticket_used: 'ticket used before', other_place: 'ticket of another car park', closed: 'lane closed', unavailable: 'not available' },
    bases: { paid: 'paid', free: 'nothing due', deferred: 'pays later', offline: 'opened offline', manual: 'by hand' },
    find: 'Find a plate', plate: 'Number plate', search: 'Search',
    findHint: 'Shows a car\u2019s stays and what was paid. Needs a token.',
    findSignIn: 'Sign in with a token first.', findNone: 'No stay with this plate.', findDenied: 'Your token does not cover this plate.',
    findBad: 'This is not a number plate.', findFail: 'No answer. Try again in a moment.', findSome: '{n} stays, newest first',
    parkedAt: 'Parked at {place}', stayedAt: 'At {place}', unmatchedAt: 'Left {place}, entry not seen',
    sinceTime: 'since {time}', soFar: '{sum} so far',
    pay: { none: 'Nothing paid yet', paid: 'Paid', free: 'Nothing due', pending: 'Payment under way', unknown: 'Payment unknown, checking', declined: 'Payment declined', debt: 'Debt open' },
    allPlaces: 'All car parks', placeTitle: 'Car park, live', placeMissing: 'No such car park',
    occupancyDay: 'Parked, the last 24 hours', trafficDay: 'In and out, by hour', moneyDay: 'Takings of the last 24 hours',
    moneyNone: 'Nothing was paid yet. Payments appear here with the lane they were made at.',
    lanes: 'Lanes', health: 'Health', carsUnit: 'cars', chartNow: 'Now', chartBefore: 'The same day last week', chartCapacity: 'Capacity',
    trafficLabel: '{entered} drove in and {left} out over the last day',
    chartSignIn: 'Sign in to compare with last week.', chartBehind: 'The curve is {age} behind.',
    parkedOf: '{taken} parked of {n} · {free} free', outageCloud: 'Cloud: live', outageCloudDown: 'Cloud: not reachable', outageSite: 'Site: {n} of {all} edges are heard',
    outageProvider: 'Payment: {name} {state}', outageNoProvider: 'Payment: no provider is set up', breakerClosed: 'answers', breakerOpen: 'is held back', breakerTrial: 'is tried again',
    edge: 'Edge', heardAgo: 'Heard', waiting2: 'Events waiting', clockState: 'Clock', version: 'Version', edgeOk: 'connected', edgeGone: 'no word',
    agoText: '{age} ago', waitingText: '{n}, oldest {age}', clocks: { synced: 'right', holdover: 'on its own', unset: 'not trusted' },
    lane: 'Lane', kind: 'Means', paymentsN: 'Payments', sum: 'Sum', kinds: { exit: 'at the exit', prepay: 'before leaving', link: 'by link', debt: 'debt collected' }, notKnown: 'not known',
    tariff: 'Tariff', policy: 'Provider away', policies: { defer: 'open, a debt follows', hold: 'wait at the barrier' },
    inputs: { loopA: 'vehicle on loop A', loopB: 'vehicle on loop B', beam: 'photocell interrupted', edge: 'safety edge pressed', localStop: 'stopped on the spot', mains: 'mains lost', cabinet: 'cabinet open', fire: 'fire alarm', obstruction: 'obstruction', localMode: 'key switch on local' },
    s: '{n} s', min: '{n} min', h: '{n} h',
  },
  ko: {
    title: 'Boomgate: 실시간 주차장',
    language: '언어', places: '주차장',
    reconnecting: '다시 연결하는 중입니다. 마지막 값을 표시합니다.',
    signIn: '로그인', signedIn: '로그인됨', signOut: '로그아웃', token: '접근 토큰',
    tokenHint: '매출과 전체 번호판을 볼 수 있습니다. 토큰은 이 탭에만 보관되며 탭을 닫으면 지워집니다.',
    tokenBad: '알 수 없는 토큰입니다.',
    emptyTitle: '아직 주차장이 없습니다',
    emptyText: '주차장마다 카드가 하나씩 생기고, 차가 드나드는 대로 바뀝니다. 이 컴퓨터에서 첫 주차장을 만드세요:',
    free: '여유', filling: '혼잡', full: '만차', closed: '운영 종료',
    freeUnit: '면 남음', of: '전체 {n}면',
    taken: '주차 중', coming: '들어오는 중', left: '빈자리',
    barLabel: '전체 {n}면 중 {taken}대 주차, {coming}대 들어오는 중, {free}면 빈자리',
    counted: '루프 집계', derived: '주차 기록', drift: '차이',
    recent: '최근 15분', arrivals: '입차 {n}', departures: '출차 {n}',
    day: '최근 {span} 주차 대수', dayLabel: '최근 {span} 주차 대수: 현재 {now}, 최대 {max}',
    down: '차단기 내려감', up: '차단기 올라감', moving: '차단기 움직이는 중', fault: '고장', offline: '연결 끊김', unknown: '아직 모름',
    entry: '입구', exit: '출구', reversible: '양방향', since: '{age} 전 수신',
    noLanes: '아직 보고한 차로가 없습니다. 제어기가 연결되면 차로가 나타납니다.',
    moneyToday: '오늘 결제', debts: '미수금', debtsNone: '없음', debtsSome: '{n}건 · {sum}',
    turnedAway: '입차 거절',
    updated: '{time} 기준', stale: '실시간 아님: {age} 전 값',
    degraded: '확인 필요',
    allQuiet: '이상 없음', allQuietSince: '{time}부터 이상 없음', more: '{first} (외 {n}건)',
    alarmEdge: '{place}: {edge} 응답 없음', alarmLane: '{place}: 차로 {lane} 고장',
    alarmLaneOffline: '{place}: 차로 {lane} 연결 끊김',
    alarmDrift: '{place}: 두 집계가 {n}대 다름', alarmStopped: '{place}: 배정 중지, 로그 확인',
    alarmBreaker: '결제사 응답 없음: 출차는 미수로 기록되거나 대기합니다',
    movements: '최근 통과', movementsNone: '차가 지나가면 여기에 나타납니다.',
    noPlate: '번호판 없음',
    in: '입차', out: '출차', turned: '거절', backedOut: '후진해 나감', tailgated: '따라 들어옴',
    wrongWay: '역주행', manual: '수동 개방', evacuated: '비상 대피', uncertain: '불확실', waiting: '게이트 앞',
    reasons: { full: '만차', please_wait: '잠시 대기', no_credential: '번호판 인식 실패', declined: '결제 거절', no_account: '결제 수단 없음', payment: '결제 대기', no_session: '주차 기록 없음', ticket_used: '이미 사용된 주차권', other_place: '다른 주차장의 주차권', closed: '차로 닫힘', unavailable: '처리 불가' },
    bases: { paid: '결제 완료', free: '요금 없음', deferred: '나중에 결제', offline: '오프라인 개방', manual: '수동' },
    find: '번호판 찾기', plate: '번호판', search: '검색',
    findHint: '차량의 주차 기록과 결제 내역을 보여 줍니다. 토큰이 필요합니다.',
    findSignIn: '먼저 토큰으로 로그인하세요.', findNone: '이 번호판의 주차 기록이 없습니다.', findDenied: '이 토큰으로는 볼 수 없는 번호판입니다.',
    findBad: '번호판이 아닙니다.', findFail: '응답이 없습니다. 잠시 후 다시 시도하세요.', findSome: '{n}건, 최신순',
    parkedAt: '{place}에 주차 중', stayedAt: '{place}', unmatchedAt: '{place} 출차, 입차 기록 없음',
    sinceTime: '{time}부터', soFar: '현재 {sum}',
    pay: { none: '아직 결제 없음', paid: '결제 완료', free: '요금 없음', pending: '결제 중', unknown: '결제 확인 중', declined: '결제 거절', debt: '미수금' },
    allPlaces: '모든 주차장', placeTitle: '주차장 실시간', placeMissing: '없는 주차장입니다',
    occupancyDay: '최근 24시간 주차 대수', trafficDay: '시간별 입출차', moneyDay: '최근 24시간 매출',
    moneyNone: '아직 결제가 없습니다. 결제는 차로별로 여기에 나타납니다.',
    lanes: '차로', health: '상태', carsUnit: '대', chartNow: '현재', chartBefore: '지난주 같은 요일', chartCapacity: '전체 면수',
    trafficLabel: '최근 하루 입차 {entered}대, 출차 {left}대',
    chartSignIn: '로그인하면 지난주와 비교할 수 있습니다.', chartBehind: '그래프가 {age} 늦습니다.',
    parkedOf: '전체 {n}면 중 {taken}대 주차 · {free}면 남음', outageCloud: '클라우드: 정상', outageCloudDown: '클라우드: 연결 안 됨', outageSite: '현장: 제어기 {all}대 중 {n}대 응답',
    outageProvider: '결제: {name} {state}', outageNoProvider: '결제: 설정된 결제사 없음', breakerClosed: '정상', breakerOpen: '차단됨', breakerTrial: '재시도 중',
    edge: '제어기', heardAgo: '수신', waiting2: '대기 중 이벤트', clockState: '시계', version: '버전', edgeOk: '연결됨', edgeGone: '응답 없음',
    agoText: '{age} 전', waitingText: '{n}건, 최장 {age}', clocks: { synced: '정확', holdover: '자체 유지', unset: '신뢰 불가' },
    lane: '차로', kind: '수단', paymentsN: '건수', sum: '금액', kinds: { exit: '출구 결제', prepay: '사전 결제', link: '링크 결제', debt: '미수금 수납' }, notKnown: '알 수 없음',
    tariff: '요금표', policy: '결제사 장애 시', policies: { defer: '개방 후 미수 처리', hold: '차단기 앞 대기' },
    inputs: { loopA: '루프 A에 차량', loopB: '루프 B에 차량', beam: '광전 센서 차단', edge: '안전 에지 눌림', localStop: '현장 정지', mains: '정전', cabinet: '함체 열림', fire: '화재 경보', obstruction: '장애물', localMode: '현장 수동 키' },
    s: '{n}초', min: '{n}분', h: '{n}시간',
  },
};

let lang = 'en';

export const languages = Object.keys(words);
export const language = () => lang;

export function chooseLanguage(wanted) {
  lang = languages.includes(wanted) ? wanted : 'en';
}

// word('of', {n: 3}); 'reasons.full' reaches into a list. An unknown word of the wire is shown as it
// came, with its underscores opened: new vocabulary must not blank a line.
export function word(key, values = {}) {
  let text = words[lang];
  for (const part of key.split('.')) text = text?.[part];
  if (typeof text !== 'string') text = key.split('.').pop().replaceAll('_', ' ');
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

export const number = (n) => new Intl.NumberFormat(lang).format(n);

export function money(minor, currency) {
  try {
    const format = new Intl.NumberFormat(lang, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
    return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
  } catch {
    return `${minor} ${currency}`;
  }
}

// "Berlin" for a zone that is not the viewer's, else "".
export function zoneName(zone) {
  return !zone || zone === Intl.DateTimeFormat().resolvedOptions().timeZone ? '' : zone.split('/').pop().replaceAll('_', ' ');
}

// Time of day in the place's zone; the zone's name is added when it is not the viewer's.
export function timeOf(iso, zone, options = { timeStyle: 'short' }) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return '';
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    const text = new Intl.DateTimeFormat(lang, { ...options, timeZone: zone ?? own, hourCycle: 'h23' }).format(at);
    return options.named && zoneName(zone) ? `${text} ${zoneName(zone)}` : text;
  } catch {
    return new Intl.DateTimeFormat(lang, { timeStyle: 'short', hourCycle: 'h23' }).format(at);
  }
}

export function duration(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 90) return word('s', { n: number(s) });
  if (s < 5400) return word('min', { n: number(Math.round(s / 60)) });
  return word('h', { n: number(Math.round(s / 3600)) });
}

// The keys of both languages, for the test that compares them.
export function wordKeys(of) {
  const keys = (object, prefix) => Object.entries(object).flatMap(([k, v]) =>
    typeof v === 'string' ? [prefix + k] : keys(v, `${prefix}${k}.`));
  return keys(words[of], '');
}
