//! The processes of a run: started, killed when the plan says so, and what is left at the end stopped.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep, timeout},
};

use super::{
    plan::{Dice, Moment, Plan},
    receiver::{Reached, Receiver},
    site::Site,
};
use crate::process::Process;

/// A kill whose point nobody reaches comes after so long.
const AT_THE_LATEST: Duration = Duration::from_millis(1_500);

/// How long processes that nobody kills may take to come to their end.
const ENDED_WITHIN: Duration = Duration::from_secs(90);

/// How often it is looked whether a process has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A process from its begin to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    pub(super) process: u64,
    pub(super) began: Instant,
    /// When it was killed, if it was.
    pub(super) killed: Option<Instant>,
}

/// The processes of a run.
#[derive(Debug)]
pub(super) struct Lives<'a> {
    site: &'a Site,
    receiver: &'a Receiver,
    reached: UnboundedReceiver<Reached>,
    running: Vec<(u64, Process)>,
    lives: Vec<Life>,
}

impl<'a> Lives<'a> {
    pub(super) fn new(
        site: &'a Site,
        receiver: &'a Receiver,
        reached: UnboundedReceiver<Reached>,
    ) -> Self {
        Self {
            site,
            receiver,
            reached,
            running: Vec::new(),
            lives: Vec::new(),
        }
    }

    /// Lives through the plan; every process that there was.
    pub(super) async fn live(mut self, plan: &Plan) -> Result<Vec<Life>> {
        for _ in 0..plan.processes {
            self.start()?;
        }
        for moment in &plan.kills {
            if self.are_over()? {
                break;
            }
            self.kill_at(*moment).await?;
            self.start()?;
        }
        if plan.kills.is_empty() {
            if !self.over_within(ENDED_WITHIN).await? {
                bail!("processes that nobody kills do not come to their end");
            }
        } else {
            let dice = Dice::of(plan.seed ^ 0xdead);
            self.over_within(dice.millis(0, 1_200)).await?;
            self.stop(plan.asks).await?;
        }
        Ok(self.lives)
    }

    fn start(&mut self) -> Result<()> {
        let process = u64::try_from(self.lives.len())?;
        let url = self.receiver.url(process);
        let command = self.site.command(&["up", "--drain"], &url);
        let child = Process::start(command, &self.site.log())?;
        self.running.push((process, child));
        self.lives.push(Life {
            process,
            began: Instant::now(),
            killed: None,
        });
        Ok(())
    }

    /// Forgets those that have ended; whether there is none left.
    fn are_over(&mut self) -> Result<bool> {
        let mut left = Vec::new();
        for (process, mut child) in self.running.drain(..) {
            if child.ended()?.is_none() {
                left.push((process, child));
            }
        }
        self.running = left;
        Ok(self.running.is_empty())
    }

    async fn over_within(&mut self, bound: Duration) -> Result<bool> {
        let until = Instant::now() + bound;
        while !self.are_over()? {
            if Instant::now() >= until {
                return Ok(false);
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(true)
    }

    async fn kill_at(&mut self, moment: Moment) -> Result<()> {
        let (point, bound) = match moment {
            Moment::After(bound) => (None, bound),
            Moment::At(point, nth) => (Some((point, nth)), AT_THE_LATEST),
        };
        self.receiver.arm(point);
        let until = Instant::now() + bound;
        let mut reached = None;
        while reached.is_none() && !self.are_over()? && Instant::now() < until {
            reached = timeout(LOOK_EVERY, self.reached.recv())
                .await
                .ok()
                .flatten();
        }
        self.receiver.arm(None);
        let named = reached.as_ref().and_then(|reached| {
            self.running
                .iter()
                .position(|(process, _)| *process == reached.process)
        });
        // The youngest stands for whom nobody knows.
        let last = self.running.len().checked_sub(1);
        if let Some(place) = named.or(last) {
            let victim = self.running.remove(place);
            self.kill(victim).await?;
        }
        Ok(())
    }

    async fn kill(&mut self, (process, mut child): (u64, Process)) -> Result<()> {
        let at = Instant::now();
        child.kill().await?;
        for life in &mut self.lives {
            if life.process == process {
                life.killed = Some(at);
            }
        }
        Ok(())
    }

    /// Stops those that are left: asked to, they end what they have begun.
    async fn stop(&mut self, asked: bool) -> Result<()> {
        self.are_over()?;
        for (process, mut child) in std::mem::take(&mut self.running) {
            if asked {
                // One that has just ended is not there to be asked.
                let _sent = child.signal("TERM").await;
                child.end().await?;
            } else {
                self.kill((process, child)).await?;
            }
        }
        Ok(())
    }
}
