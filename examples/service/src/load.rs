//! The load test: connections that send events and ask for scores, and hold every answer against the library's own to the bit.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use leadscore::{Attribute, Event, Lead, Model, Timestamp};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::service::Service;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// 2026-01-01.
const START: i64 = 20_454 * DAY;
/// Leads of each connection, and the events that each has before the clock starts.
const LEADS: usize = 50;
const EVENTS: usize = 50;

type Failure = Box<dyn Error + Send + Sync>;

/// What a load test found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    seconds: f64,
    connections: usize,
    /// Nanoseconds of every request.
    events: Vec<u64>,
    scores: Vec<u64>,
}

/// Loads the service at `address` for `duration` from so many connections.
pub(crate) async fn run(
    service: Arc<Service>,
    address: SocketAddr,
    duration: Duration,
    connections: usize,
) -> Result<Report, Box<dyn Error>> {
    refusals(address).await.map_err(|error| error.to_string())?;
    let mut prepared = Vec::new();
    for number in 0..connections {
        prepared.push(Caller::new(Arc::clone(&service), address, number).await.map_err(|error| error.to_string())?);
    }
    let start = Instant::now();
    let callers: Vec<_> = prepared.into_iter().map(|caller| tokio::spawn(caller.call_until(start + duration))).collect();
    let mut report = Report { connections, ..Report::default() };
    for caller in callers {
        let (events, scores) = caller.await?.map_err(|error| error.to_string())?;
        report.events.extend(events);
        report.scores.extend(scores);
    }
    report.seconds = start.elapsed().as_secs_f64();
    Ok(report)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.events.len() + self.scores.len();
        writeln!(
            f,
            "{all} requests in {:.2} s from {} connections: {:.0} a second; every score equal to the library's to the bit",
            self.seconds,
            self.connections,
            all as f64 / self.seconds
        )?;
        for (name, latencies) in [("POST /events", &self.events), ("POST /score", &self.scores)] {
            let mut sorted = latencies.clone();
            sorted.sort_unstable();
            let at = |share: f64| sorted.get((share * sorted.len() as f64) as usize).map_or(f64::NAN, |nanos| *nanos as f64 / 1000.0);
            writeln!(f, "{name}: {} requests, median {:.0} us, 99 % within {:.0} us", sorted.len(), at(0.5), at(0.99))?;
        }
        Ok(())
    }
}

/// One connection, with leads of its own.
struct Caller {
    service: Arc<Service>,
    http: Http,
    random: Random,
    leads: Vec<Known>,
}

/// A lead as the caller knows it: what the service must come to.
struct Known {
    id: String,
    columns: Map<String, Value>,
    lead: Lead,
    events: Vec<Event>,
    now: i64,
}

impl Caller {
    async fn new(service: Arc<Service>, address: SocketAddr, number: usize) -> Result<Self, Failure> {
        let mut random = Random(number as u64 + 1);
        let leads = (0..LEADS).map(|i| Known::new(service.model(), format!("lead-{number}-{i}"), &mut random)).collect::<Result<_, _>>()?;
        let mut caller = Self { service, http: Http::connect(address).await?, random, leads };
        for lead in 0..LEADS {
            for _ in 0..EVENTS {
                caller.tell(lead).await?;
            }
            caller.ask(lead).await?;
        }
        Ok(caller)
    }

    /// Tells of an event and asks for a score, in turn, until `end`.
    async fn call_until(mut self, end: Instant) -> Result<(Vec<u64>, Vec<u64>), Failure> {
        let (mut events, mut scores) = (Vec::new(), Vec::new());
        while Instant::now() < end {
            let lead = self.random.below(LEADS as u64) as usize;
            events.push(self.tell(lead).await?);
            scores.push(self.ask(lead).await?);
        }
        Ok((events, scores))
    }

    /// Sends the lead's next event; nanoseconds until the answer.
    async fn tell(&mut self, lead: usize) -> Result<u64, Failure> {
        let Self { service, http, random, leads } = self;
        let (event, body) = leads[lead].next_event(service.model(), random)?;
        leads[lead].events.push(event);
        let (status, _, nanos) = http.post("/events", &body).await?;
        if status == 200 { Ok(nanos) } else { Err(format!("an event was answered with {status}").into()) }
    }

    /// Asks for the lead's score and holds it against the library's, from all events; nanoseconds until the answer.
    async fn ask(&mut self, lead: usize) -> Result<u64, Failure> {
        let Self { service, http, leads, .. } = self;
        let Known { id, columns, lead, events, now } = &leads[lead];
        let body = json!({"lead_id": id, "lead": columns, "as_of": now});
        let (status, answer, nanos) = http.post("/score", &body).await?;
        let expected = service.model().query(lead).events(events).as_of(Timestamp::from_micros(*now)?).score()?;
        let bits = |name: &str| answer[name].as_f64().map(f64::to_bits);
        let same = bits("log_odds") == Some(expected.log_odds.to_bits()) && bits("probability") == Some(expected.probability.to_bits());
        if status == 200 && same { Ok(nanos) } else { Err(format!("{id} was answered with {status} {answer}, not {expected:?}").into()) }
    }
}

impl Known {
    /// A lead with a value for most of what the model reads.
    fn new(model: &Model, id: String, random: &mut Random) -> Result<Self, Failure> {
        let (mut columns, mut lead) = (Map::new(), Lead::new(&id));
        let created = START + random.below(30 * DAY as u64) as i64;
        if let Some(column) = &model.schema().created_at {
            columns.insert(column.clone(), json!(created));
            lead = lead.created_at(Timestamp::from_micros(created)?);
        }
        for attribute in model.plan().attributes() {
            let name = attribute.name();
            let value = match model.schema().attributes.get(name) {
                _ if random.below(5) == 0 => Value::Null,
                Some(Attribute::Numeric {}) => json!(random.below(10_000) as f64 / 8.0),
                Some(Attribute::Boolean {}) => json!(random.below(2) == 1),
                Some(Attribute::Date { .. }) => json!(created - random.below(1000) as i64 * DAY),
                _ => json!(random.of(attribute.categories()).map_or("some text", String::as_str)),
            };
            lead = match &value {
                Value::Bool(yes) => lead.boolean(name, *yes),
                Value::String(word) => lead.text(name, word),
                Value::Number(number) => match number.as_i64() {
                    Some(micros) => lead.date(name, micros),
                    None => lead.number(name, number.as_f64().unwrap_or(f64::NAN)),
                },
                _ => lead.missing(name),
            };
            columns.insert(name.to_owned(), value);
        }
        Ok(Self { id, columns, lead, events: Vec::new(), now: created })
    }

    /// Something that happens up to a day later, as the library has it and as it is sent.
    fn next_event(&mut self, model: &Model, random: &mut Random) -> Result<(Event, Value), Failure> {
        self.now += random.below(DAY as u64) as i64;
        let kinds: Vec<&str> = model.plan().kinds().collect();
        let kind = random.of(&kinds).copied().unwrap_or("web_visit");
        let mut body = json!({"kind": kind, "at": self.now});
        let mut event = Event::new(kind, Timestamp::from_micros(self.now)?);
        if let Some(channel) = random.of(model.plan().channels()) {
            body["channel"] = json!(channel);
            event = event.channel(channel);
        }
        if random.below(2) == 0 {
            let value = random.below(1000) as f64 / 4.0;
            body["value"] = json!(value);
            event = event.value(value);
        }
        Ok((event, json!({"lead_id": self.id, "events": [body]})))
    }
}

/// What is not as asked is refused with a status and a message that says what.
async fn refusals(address: SocketAddr) -> Result<(), Failure> {
    let mut http = Http::connect(address).await?;
    let event = |value: Value| json!({"lead_id": "refused", "events": [{"kind": "call", "at": START}, value]});
    for (path, body, status, says) in [
        ("/score", json!({"lead_id": "refused", "lead": {}, "as_off": 1}), 400, "as_off"),
        ("/score", json!({"lead_id": "refused", "lead": {"x": []}}), 422, "lead.x"),
        ("/score", json!({"lead_id": "refused", "lead": {}, "as_of": -1}), 422, "1970"),
        ("/events", event(json!({"kind": "call"})), 400, "at"),
        ("/events", event(json!({"kind": "call", "at": -5})), 422, "events[1]"),
        ("/events", event(json!({"kind": "call", "at": START, "value": 1e300})), 422, "finite"),
        ("/nowhere", json!({}), 404, "/score"),
    ] {
        let (found, answer, _) = http.post(path, &body).await?;
        refused(&format!("{path} {body}"), found, &answer, (status, says))?;
    }
    // A body of 2 MB and more, and a method that is none of the path's: answers in JSON as all others.
    let (found, answer, _) = Http::connect(address).await?.post("/events", &json!("x".repeat(2 << 20))).await?;
    refused("a large body", found, &answer, (413, "2 MB"))?;
    let (found, answer, _) = http.send("GET", "/score", "").await?;
    refused("GET /score", found, &answer, (405, "POST /score"))
}

/// Whether an answer refuses as it should.
fn refused(request: &str, found: u16, answer: &Value, (status, says): (u16, &str)) -> Result<(), Failure> {
    let message = answer["error"]["message"].as_str().unwrap_or_default();
    if found == status && message.contains(says) { Ok(()) } else { Err(format!("{request} was answered with {found} {answer}").into()) }
}

/// A connection that is kept open: HTTP 1.1, one request after the other.
struct Http {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Http {
    async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::new() })
    }

    /// Sends a body; the status, the answer, and the nanoseconds between.
    async fn post(&mut self, path: &str, body: &Value) -> Result<(u16, Value, u64), Failure> {
        self.send("POST", path, &body.to_string()).await
    }

    async fn send(&mut self, method: &str, path: &str, body: &str) -> Result<(u16, Value, u64), Failure> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: loopback\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let start = Instant::now();
        self.stream.write_all(request.as_bytes()).await?;
        self.answer.clear();
        let head = loop {
            if let Some(end) = self.answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
            self.read_more().await?;
        };
        let text = std::str::from_utf8(&self.answer[..head])?.to_ascii_lowercase();
        let status = text.split(' ').nth(1).ok_or("an answer without a status")?.parse()?;
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")).ok_or("an answer without a length")?;
        let end = head + 4 + length.trim().parse::<usize>()?;
        while self.answer.len() < end {
            self.read_more().await?;
        }
        let nanos = start.elapsed().as_nanos() as u64;
        Ok((status, serde_json::from_slice(&self.answer[head + 4..end])?, nanos))
    }

    async fn read_more(&mut self) -> Result<(), Failure> {
        if self.stream.read_buf(&mut self.answer).await? == 0 { Err("the service closed the connection".into()) } else { Ok(()) }
    }
}

/// A linear congruential generator (Knuth's MMIX): the same load every time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n.max(1)
    }

    fn of<'t, T>(&mut self, among: &'t [T]) -> Option<&'t T> {
        let place = self.below(among.len() as u64) as usize;
        among.get(place)
    }
}
